#include "pgbouncer/config_place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "base/file.h"
#include "base/format.h"

namespace pgcleave::pgbouncer {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

std::string base64(const std::string& bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto have = std::min<std::size_t>(3, bytes.size() - i);
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (j < have ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) out += j <= have ? alphabet[group >> (18 - 6 * j) & 63U] : '=';
  }
  return out;
}

Result<std::string> from_base64(const std::string& text) {
  std::string out;
  unsigned group = 0;
  int bits = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == ' ' || c == '=') continue;
    const auto digit = alphabet.find(c);
    if (digit == std::string_view::npos) {
      return fail({ErrorKind::failed, "", "the shell gave back something else than the file", "base64", text.substr(0, 80), "", ""});
    }
    group = (group << 6 | static_cast<unsigned>(digit)) & 0xffffffU;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(group >> bits & 0xffU);
  }
  return out;
}

ConfigPlace::ConfigPlace(std::string config, std::vector<std::string> reach) : config_(std::move(config)), reach_(std::move(reach)) {}

Result<void> ConfigPlace::open(Deadline deadline) {
  if (!local()) TRY(open_shell(deadline));
  if (!real_.empty()) return {};
  if (local()) {
    std::error_code problem;
    const auto real = std::filesystem::canonical(config_, problem);
    if (problem) return fail({ErrorKind::invalid, config_, "the config file can't be found", "", problem.message(), "", ""});
    real_ = real.string();
    return {};
  }
  TRY_ASSIGN(const auto encoded, remote(fmt::format("readlink -e {0} | base64", Shell::quote(config_)), deadline));
  TRY_ASSIGN(auto real, from_base64(encoded));
  if (!real.empty() && real.back() == '\n') real.pop_back();
  if (real.empty()) return fail({ErrorKind::invalid, config_, "the config file can't be found", "", place(), "", ""});
  real_ = std::move(real);
  return {};
}

Result<void> ConfigPlace::open_shell(Deadline deadline) {
  if (shell_) return {};
  TRY_ASSIGN(shell_, Shell::open(reach_, deadline));
  return {};
}

std::string ConfigPlace::place() const {
  return fmt::format("looked at through {}", fmt::join(reach_, " "));
}

Result<std::string> ConfigPlace::remote(const std::string& line, Deadline deadline) {
  TRY(open_shell(deadline));
  auto answer = shell_->run(line, deadline);
  if (answer) return answer;
  auto error = answer.error();
  if (error.kind == ErrorKind::unknown) shell_.reset();  // it is closed: the next call opens another
  error.object = fmt::format("{}, {}", config_, place());
  return fail(error);
}

// Each file as base64 and a full stop: without that, the shell has cut its output.
Result<std::vector<std::string>> ConfigPlace::files_in(const std::string& answer, std::size_t at_least) const {
  std::vector<std::string> files;
  std::size_t begin = 0;
  for (auto stop = answer.find('.'); stop != std::string::npos; stop = answer.find('.', begin)) {
    TRY_ASSIGN(auto file, from_base64(answer.substr(begin, stop - begin)));
    files.push_back(std::move(file));
    begin = stop + 1;
  }
  if (files.size() >= at_least) return files;
  return fail({ErrorKind::failed, config_, "the file did not come whole", "at most 700 kB", place(), "", ""});
}

Result<std::string> ConfigPlace::read(Deadline deadline) {
  TRY(open(deadline));
  if (local()) return read_file(path());
  TRY_ASSIGN(const auto answer, remote(fmt::format("base64 < {} && echo .", Shell::quote(path())), deadline));
  TRY_ASSIGN(auto files, files_in(answer, 1));
  return std::move(files.front());
}

Result<ConfigPlace::Files> ConfigPlace::read_both(Deadline deadline) {
  TRY(open(deadline));
  Files out;
  if (local()) {
    TRY_ASSIGN(out.config, read_file(path()));
    if (!exists(staged_path())) return out;
    TRY_ASSIGN(out.staged, read_file(staged_path()));
    return out;
  }
  TRY_ASSIGN(const auto answer, remote(fmt::format("base64 < {0} && echo . && if [ -e {1} ]; then base64 < {1} && echo .; fi",
                                                   Shell::quote(path()), Shell::quote(staged_path())),
                                       deadline));
  TRY_ASSIGN(auto files, files_in(answer, 1));
  out.config = std::move(files[0]);
  if (files.size() > 1) out.staged = std::move(files[1]);
  return out;
}

Result<void> ConfigPlace::write_staged(const std::string& text, Deadline deadline) {
  TRY(open(deadline));
  if (local()) return replace_file(staged_path(), text, path());
  const auto temporary = Shell::quote(staged_path() + ".tmp");
  // Owner and mode are given before the content: the file may hold passwords.
  TRY(remote(fmt::format("rm -f {0} && (umask 077 && : > {0}) && chmod --reference={1} {0} && chown --reference={1} {0} && "
                         "printf %s {2} | base64 -d > {0} && sync {0} && mv -f {0} {3} && sync {4}",
                         temporary, Shell::quote(path()), base64(text), Shell::quote(staged_path()), Shell::quote(folder_of(path()))),
             deadline));
  return {};
}

Result<void> ConfigPlace::put_staged_in_place(Deadline deadline) {
  TRY(open(deadline));
  if (local()) return rename_durably(staged_path(), path());
  TRY(remote(fmt::format("mv -f {} {} && sync {}", Shell::quote(staged_path()), Shell::quote(path()), Shell::quote(folder_of(path()))),
             deadline));
  return {};
}

Result<void> ConfigPlace::remove_staged(Deadline deadline) {
  TRY(open(deadline));
  if (local()) return remove_file(staged_path());
  TRY(remote("rm -f " + Shell::quote(staged_path()), deadline));
  return {};
}

Result<void> ConfigPlace::begin_trial(Deadline deadline) {
  TRY(open(deadline));
  if (local()) {
    if (::link(path().c_str(), kept_path().c_str()) != 0) {
      return fail(
          {ErrorKind::failed, path(), "can't be given the second name " + kept_path(), "a hard link", std::strerror(errno), "", ""});
    }
    return rename_durably(staged_path(), path());
  }
  TRY(remote(fmt::format("ln {0} {1} && mv -f {2} {0} && sync {3}", Shell::quote(path()), Shell::quote(kept_path()),
                         Shell::quote(staged_path()), Shell::quote(folder_of(path()))),
             deadline));
  return {};
}

Result<bool> ConfigPlace::in_trial(Deadline deadline) {
  TRY(open(deadline));
  if (local()) return exists(kept_path());
  TRY_ASSIGN(const auto answer, remote(fmt::format("if [ -e {} ]; then echo kept; fi", Shell::quote(kept_path())), deadline));
  return answer.find("kept") != std::string::npos;
}

Result<void> ConfigPlace::end_trial(Deadline deadline) {
  TRY(open(deadline));
  if (local()) return rename_durably(kept_path(), path());
  TRY(remote(fmt::format("mv -f {} {} && sync {}", Shell::quote(kept_path()), Shell::quote(path()), Shell::quote(folder_of(path()))),
             deadline));
  return {};
}

Result<void> ConfigPlace::forget_kept(Deadline deadline) {
  TRY(open(deadline));
  if (local()) return remove_file(kept_path());
  TRY(remote("rm -f " + Shell::quote(kept_path()), deadline));
  return {};
}

// The file is replaced and not written to: its folder has to be writable, and only root can give the new one another's owner.
Result<std::string> ConfigPlace::why_not_writable(Deadline deadline) {
  TRY(open(deadline));
  const auto folder = folder_of(path());
  if (local()) {
    if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
      return fmt::format("folder {}: {}", folder, std::strerror(errno));
    struct stat info {};
    if (::stat(path().c_str(), &info) != 0) return fmt::format("{}: {}", path(), std::strerror(errno));
    if (::geteuid() == 0 || info.st_uid == ::geteuid()) return "";
    return fmt::format("{} belongs to user {}, we are {}", path(), info.st_uid, ::geteuid());
  }
  TRY_ASSIGN(const auto answer,
             remote(fmt::format("if [ ! -w {0} ]; then echo folder; elif [ -O {1} ] || [ \"$(id -u)\" = 0 ]; then echo fine; "
                                "else echo owner; fi",
                                Shell::quote(folder), Shell::quote(path())),
                    deadline));
  if (answer.find("fine") != std::string::npos) return "";
  return answer.find("folder") != std::string::npos ? fmt::format("folder {} is not writable, {}", folder, place())
                                                    : fmt::format("{} belongs to another user, {}", path(), place());
}

Result<bool> ConfigPlace::is_same_file(const std::string& other, Deadline deadline) {
  TRY(open(deadline));
  if (local()) {
    std::error_code problem;
    return std::filesystem::equivalent(path(), other, problem) && !problem;
  }
  TRY_ASSIGN(
      const auto answer,
      remote(fmt::format("if [ {} -ef {} ]; then echo same; else echo other; fi", Shell::quote(path()), Shell::quote(other)), deadline));
  return answer.find("same") != std::string::npos;
}

}  // namespace pgcleave::pgbouncer
