#include "pgbouncer/place/config_place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <sstream>
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
      return fail({ErrorKind::failed, "", "the shell gave back something else than the file", "base64",
                   text.substr(0, 80), "", ""});
    }
    group = (group << 6 | static_cast<unsigned>(digit)) & 0xffffffU;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(group >> bits & 0xffU);
  }
  return out;
}

ConfigPlace::ConfigPlace(std::vector<std::string> shell) : command_(std::move(shell)) {}

Result<void> ConfigPlace::open(Deadline deadline) {
  if (local() || shell_) return {};
  TRY_ASSIGN(shell_, Shell::open(command_, deadline));
  return {};
}

std::string ConfigPlace::place() const {
  return fmt::format("looked at through {}", fmt::join(command_, " "));
}

Result<std::string> ConfigPlace::remote(const std::string& object, const std::string& line, Deadline deadline) {
  TRY(open(deadline));
  auto answer = shell_->run(line, deadline);
  if (answer) return answer;
  auto error = answer.error();
  if (error.kind == ErrorKind::unknown) shell_.reset();  // it is closed: the next call opens another
  error.object = fmt::format("{}, {}", object, place());
  return fail(error);
}

Result<std::string> ConfigPlace::resolve(const std::string& path, Deadline deadline) {
  if (local()) {
    std::error_code problem;
    const auto real = std::filesystem::canonical(path, problem);
    if (problem)
      return fail({ErrorKind::invalid, path, "the config file can't be found", "", problem.message(), "", ""});
    return real.string();
  }
  TRY_ASSIGN(const auto encoded, remote(path, fmt::format("readlink -e {0} | base64", Shell::quote(path)), deadline));
  TRY_ASSIGN(auto real, from_base64(encoded));
  if (!real.empty() && real.back() == '\n') real.pop_back();
  if (real.empty()) return fail({ErrorKind::invalid, path, "the config file can't be found", "", place(), "", ""});
  return real;
}

// Each file as base64 and a full stop: without that, the shell has cut its output. A dash for what can't be read.
Result<std::vector<Result<std::string>>> ConfigPlace::read(const std::vector<std::string>& paths, Deadline deadline) {
  std::vector<Result<std::string>> files;
  if (local()) {
    for (const auto& path : paths) files.push_back(read_file(path));
    return files;
  }
  std::string line;
  for (const auto& path : paths) {
    line += fmt::format("{0}if [ -f {1} ] && [ -r {1} ]; then base64 < {1} && echo .; else echo -.; fi",
                        line.empty() ? "" : " && ", Shell::quote(path));
  }
  TRY_ASSIGN(const auto answer, remote(fmt::format("{}", fmt::join(paths, ", ")), line, deadline));
  std::size_t begin = 0;
  for (auto stop = answer.find('.'); stop != std::string::npos && files.size() < paths.size();
       stop = answer.find('.', begin)) {
    const auto chunk = answer.substr(begin, stop - begin);
    begin = stop + 1;
    if (chunk.find('-') == std::string::npos) {
      TRY_ASSIGN(auto file, from_base64(chunk));
      files.emplace_back(std::move(file));
    } else {
      files.emplace_back(
          fail({ErrorKind::invalid, paths[files.size()], "no file that can be read", "", place(), "", ""}));
    }
  }
  if (files.size() == paths.size()) return files;
  return fail({ErrorKind::failed, paths[files.size()], "the file did not come whole", "at most 700 kB in all", place(),
               "", ""});
}

Result<void> ConfigPlace::write(const std::string& path, const std::string& text, const std::string& like,
                                Deadline deadline) {
  if (local()) return replace_file(path, text, like);
  const auto temporary = Shell::quote(path + ".tmp");
  // Owner and mode are given before the content: the file may hold passwords.
  TRY(remote(
      path,
      fmt::format("rm -f {0} && (umask 077 && : > {0}) && chmod --reference={1} {0} && chown --reference={1} {0} && "
                  "printf %s {2} | base64 -d > {0} && sync {0} && mv -f {0} {3} && sync {4}",
                  temporary, Shell::quote(like), base64(text), Shell::quote(path), Shell::quote(folder_of(path))),
      deadline));
  return {};
}

Result<void> ConfigPlace::rename(const std::string& from, const std::string& to, Deadline deadline) {
  if (local()) return rename_durably(from, to);
  TRY(remote(to,
             fmt::format("mv -f {} {} && sync {}", Shell::quote(from), Shell::quote(to), Shell::quote(folder_of(to))),
             deadline));
  return {};
}

Result<void> ConfigPlace::rename_and_keep(const std::string& from, const std::string& to, const std::string& kept,
                                          Deadline deadline) {
  if (local()) {
    if (::link(to.c_str(), kept.c_str()) != 0) {
      return fail({ErrorKind::failed, to, "can't be given the second name " + kept, "a hard link", std::strerror(errno),
                   "", ""});
    }
    return rename_durably(from, to);
  }
  TRY(remote(to,
             fmt::format("ln {0} {1} && mv -f {2} {0} && sync {3}", Shell::quote(to), Shell::quote(kept),
                         Shell::quote(from), Shell::quote(folder_of(to))),
             deadline));
  return {};
}

Result<void> ConfigPlace::remove(const std::string& path, Deadline deadline) {
  if (local()) return remove_file(path);
  TRY(remote(path, "rm -f " + Shell::quote(path), deadline));
  return {};
}

Result<bool> ConfigPlace::is_there(const std::string& path, Deadline deadline) {
  if (local()) return exists(path);
  TRY_ASSIGN(const auto answer,
             remote(path, fmt::format("if [ -e {} ]; then echo there; fi", Shell::quote(path)), deadline));
  return answer.find("there") != std::string::npos;
}

// The file is replaced and not written to: its folder has to be writable, and only root can give the new one another's
// owner.
Result<std::string> ConfigPlace::why_not_writable(const std::string& path, Deadline deadline) {
  const auto folder = folder_of(path);
  if (local()) {
    if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
      return fmt::format("folder {}: {}", folder, std::strerror(errno));
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return fmt::format("{}: {}", path, std::strerror(errno));
    if (::geteuid() == 0 || info.st_uid == ::geteuid()) return "";
    return fmt::format("{} belongs to user {}, we are {}", path, info.st_uid, ::geteuid());
  }
  TRY_ASSIGN(
      const auto answer,
      remote(path,
             fmt::format("if [ ! -w {0} ]; then echo folder; elif [ -O {1} ] || [ \"$(id -u)\" = 0 ]; then echo fine; "
                         "else echo owner; fi",
                         Shell::quote(folder), Shell::quote(path)),
             deadline));
  if (answer.find("fine") != std::string::npos) return "";
  return answer.find("folder") != std::string::npos ? fmt::format("folder {} is not writable, {}", folder, place())
                                                    : fmt::format("{} belongs to another user, {}", path, place());
}

Result<bool> ConfigPlace::is_same_file(const std::string& path, const std::string& other, Deadline deadline) {
  if (local()) {
    std::error_code problem;
    return std::filesystem::equivalent(path, other, problem) && !problem;
  }
  TRY_ASSIGN(const auto answer, remote(path,
                                       fmt::format("if [ {} -ef {} ]; then echo same; else echo other; fi",
                                                   Shell::quote(path), Shell::quote(other)),
                                       deadline));
  return answer.find("same") != std::string::npos;
}

// One folder, from however many processes: a pidfile may be stale, and a new process can have its number.
Result<std::string> ConfigPlace::working_folder(const std::string& conffile, const std::string& pidfile,
                                                const std::string& config, Deadline deadline) {
  const auto pattern = Shell::quote(conffile);
  const auto line = fmt::format(
      "for p in /proc/$(cat {0} 2>/dev/null || echo none)/cmdline $(grep -lxzF -e {1} /proc/[0-9]*/cmdline "
      "2>/dev/null); do "
      "[ \"$(cat \"${{p%/*}}/comm\" 2>/dev/null)\" = pgbouncer ] && grep -qxzF -e {1} \"$p\" && "
      "f=$(readlink \"${{p%/*}}/cwd\") && (cd \"$f\" && [ {1} -ef {2} ]) 2>/dev/null && printf '%s\\n' \"$f\"; done; "
      "true",
      pidfile.empty() ? "/dev/null/none" : Shell::quote(pidfile), pattern, Shell::quote(config));
  std::optional<Shell> here;
  if (local()) {
    TRY_ASSIGN(here, Shell::open({}, deadline));
  }
  TRY_ASSIGN(const auto answer, here ? here->run(line, deadline) : remote(conffile, line, deadline));
  std::set<std::string> folders;
  std::istringstream lines(answer);
  for (std::string folder; std::getline(lines, folder);) {
    if (!folder.empty() && folder.front() == '/') folders.insert(folder);
  }
  if (folders.size() == 1) return *folders.begin();
  return fail({ErrorKind::not_ready, conffile, "the folder in which PgBouncer was started can't be told",
               "one process with this file",
               folders.empty() ? "none whose /proc entry can be read" : fmt::format("{}", fmt::join(folders, ", ")),
               "write absolute paths behind %include: PgBouncer takes relative ones from that folder", ""});
}

}  // namespace pgcleave::pgbouncer
