#include "config/credentials.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "base/format.h"

namespace pgcleave::config {
namespace {

constexpr std::size_t largest_secret_bytes = 64 * 1024;

Secret from_file(Place at, const std::string& path, Problems& problems) {
  auto content = read_file(path, largest_secret_bytes);
  if (!content) {
    problems.add(at, fmt::format("the secret file {}: {}", path, content.error().what),
                 content.error().seen.empty() ? "" : "the system says: " + content.error().seen);
    return {};
  }
  if (content->ends_with('\n')) content->pop_back();
  if (content->ends_with('\r')) content->pop_back();
  if (content->empty()) problems.add(at, fmt::format("the secret file {} is empty", path));
  return Secret(std::move(*content));
}

Secret from_variable(Place at, const std::string& name, Problems& problems) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') {
    problems.add(at, fmt::format("the environment variable {} is not set", name), fmt::format("export {}", name));
    return {};
  }
  return Secret(value);
}

}  // namespace

Folder::Folder(const std::string& file) {
  std::error_code ignored;
  folder_ = std::filesystem::absolute(std::filesystem::path(file), ignored).parent_path().string();
}

std::string Folder::absolute(const std::string& path) const {
  return path.empty() ? "" : (std::filesystem::path(folder_) / path).lexically_normal().string();
}

Secret read_secret(const Node& node, const Folder& folder, Problems& problems) {
  const auto& text = node.text;
  const bool is_reference = node.kind == Node::Kind::scalar && text.starts_with("${") && text.ends_with("}");
  const auto inner = is_reference ? text.substr(2, text.size() - 3) : "";
  if (inner.starts_with("file:") && inner.size() > 5)
    return from_file(node.at, folder.absolute(inner.substr(5)), problems);
  if (inner.starts_with("env:") && inner.size() > 4) return from_variable(node.at, inner.substr(4), problems);
  problems.add(node.at, "a password is not written into this file",
               "write password: \"${file:/path}\" or \"${env:NAME}\", or use a passfile");
  return {};
}

void check_readable(Place at, const std::string& name, const std::string& path, Problems& problems) {
  std::error_code ignored;
  if (::access(path.c_str(), R_OK) != 0) {
    problems.add(at, fmt::format("{} {} can't be read: {}", name, path, std::strerror(errno)));
  } else if (!std::filesystem::is_regular_file(path, ignored)) {
    problems.add(at, fmt::format("{} {} is not a regular file", name, path));
  }
}

std::vector<std::string> read_program(const Node& node, const std::string& key, const Folder& folder,
                                      Problems& problems) {
  std::vector<std::string> words;
  for (const auto& item : node.items) {
    auto word = read_text(item, "a word of " + key, problems);
    if (!word) return {};
    words.push_back(std::move(*word));
  }
  if (node.kind != Node::Kind::list || words.empty() || words.front().empty()) {
    problems.add(node.at, fmt::format("{} must be a list of a program and its arguments", key),
                 fmt::format("write {}: [program, argument]; there is no shell in between", key));
    return {};
  }
  auto& program = words.front();
  if (program.find('/') == std::string::npos) return words;
  program = folder.absolute(program);
  if (::access(program.c_str(), X_OK) != 0) {
    problems.add(node.items.front().at,
                 fmt::format("{}: {} can't be executed: {}", key, shown(program), std::strerror(errno)));
  }
  return words;
}

}  // namespace pgcleave::config
