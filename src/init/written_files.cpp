#include "init/written_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "base/format.h"

namespace pgcleave::init {
namespace {

namespace fs = std::filesystem;

Error taken(const std::string& path) {
  return {ErrorKind::invalid,
          path,
          "is there already, and nothing is overwritten",
          "",
          "",
          "give another folder: pgcleave init --directory DIR ...; or see what has changed since it was written: "
          "pgcleave init --check",
          ""};
}

Error of_system(const std::string& path, const char* what) {
  return {ErrorKind::invalid, path, what, "", std::strerror(errno), "", ""};
}

// A new file's mode is 0600 (replace_file).
Result<void> write_new(const std::string& path, const std::string& text, bool secret) {
  TRY(replace_file(path, text, ""));
  constexpr mode_t readable = 0644;
  if (!secret && ::chmod(path.c_str(), readable) != 0) return fail(of_system(path, "the mode can't be set"));
  return {};
}

}  // namespace

Result<void> names_are_free(const std::string& directory, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    const auto path = path_in(directory, name);
    struct stat info{};
    if (::lstat(path.c_str(), &info) == 0) return fail(taken(path));
  }
  return {};
}

Result<StagedFiles> StagedFiles::in(const std::string& directory) {
  std::error_code problem;
  fs::create_directories(directory, problem);
  if (problem) return fail({ErrorKind::invalid, directory, "can't be made", "", problem.message(), "", ""});
  auto pattern = (fs::path(directory) / ".pgcleave-init-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return fail(of_system(directory, "no file can be written there"));
  return StagedFiles(directory, pattern);
}

StagedFiles::StagedFiles(StagedFiles&& other) noexcept
    : directory_(std::move(other.directory_)), folder_(std::exchange(other.folder_, "")) {}

StagedFiles::~StagedFiles() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

Result<void> StagedFiles::stage(const std::vector<FileText>& files) const {
  for (const auto& file : files)
    TRY(write_new(path_of(file.name), file.placeholder.empty() ? file.text : file.placeholder, file.secret));
  return {};
}

std::string StagedFiles::path_of(const std::string& name) const {
  return folder_ + "/" + name;
}

// link(2) fails where the name is taken; rename(2) would replace what is there.
Result<void> StagedFiles::put_in_place(const std::vector<FileText>& files) {
  std::vector<std::string> placed;
  for (const auto& file : files) {
    const auto from = path_of(file.name);
    const auto to = path_in(directory_, file.name);
    auto written = write_new(from, file.text, file.secret);
    if (written && ::link(from.c_str(), to.c_str()) != 0)
      written = fail(errno == EEXIST ? taken(to) : of_system(to, "the file can't be put there"));
    if (written) placed.push_back(to);
    if (written) continue;
    for (const auto& path : placed) ::unlink(path.c_str());
    return written;
  }
  return {};
}

}  // namespace pgcleave::init
