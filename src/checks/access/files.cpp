#include "checks/access/files.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "base/format.h"

namespace pgcleave::checks {
namespace {

namespace fs = std::filesystem;

constexpr const char* passfile_mode = "access.passfile_mode";
constexpr const char* key_mode = "access.key_mode";

std::string user() {
  const auto* entry = ::getpwuid(::geteuid());
  return entry != nullptr ? entry->pw_name : fmt::format("#{}", ::geteuid());
}

std::string in_shell(const std::string& path) {
  if (path.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") == std::string::npos)
    return path;
  std::string quoted = "'";
  for (const char c : path) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// Each file once, however often it is named.
class Files {
 public:
  // libpq (15) leaves out a passfile that its group or others may use, whoever its owner is, and goes on without a
  // password.
  void passfile(const std::string& path) {
    struct stat info{};
    if (path.empty() || !seen_.insert(path).second || ::stat(path.c_str(), &info) != 0 || (info.st_mode & 077) == 0)
      return;
    add(passfile_mode, "passfile " + path, fmt::format("its mode is {:04o}", info.st_mode & 07777),
        "libpq does not read a passfile that others may use: every login with it would be refused",
        "chmod 600 " + in_shell(path));
  }

  // The same of a key, but root's may be readable for its group.
  void key(const std::string& path) {
    struct stat info{};
    if (path.empty() || !seen_.insert(path).second || ::stat(path.c_str(), &info) != 0) return;
    if ((info.st_mode & (info.st_uid == 0 ? 037 : 077)) == 0) return;
    add(key_mode, "private key " + path, fmt::format("its mode is {:04o}", info.st_mode & 07777),
        "libpq does not use a key that others may read: every connection with it would fail",
        "chmod 600 " + in_shell(path));
  }

  // A file is renamed into its place, so its folder is written to as well.
  // (A file that is not there is told by topology.bouncer_file_unreadable.)
  void bouncer(const config::BouncerAccess& bouncer) {
    std::error_code unknown;
    if (bouncer.config.empty() || !bouncer.shell.empty() || !fs::exists(bouncer.config, unknown)) return;
    const auto folder = fs::path(bouncer.config).parent_path().string();
    may("access.bouncer_file", "bouncer " + bouncer.name, bouncer.config, R_OK | W_OK,
        "its configuration could not be changed inside the window",
        fmt::format("setfacl -m u:{}:rw {}", user(), in_shell(bouncer.config)));
    may("access.bouncer_folder", "bouncer " + bouncer.name, folder, W_OK | X_OK,
        "its configuration is renamed into place there, which would be refused",
        fmt::format("setfacl -m u:{}:rwx {}", user(), in_shell(folder)));
  }

  // SQLite keeps its log beside the file.
  void journal(const std::string& path) {
    if (path.empty()) return;
    auto folder = fs::absolute(path).parent_path();
    std::error_code unknown;
    const bool is_there = fs::exists(folder, unknown);
    while (!fs::exists(folder, unknown) && folder.has_relative_path()) folder = folder.parent_path();
    const auto wanted = fs::absolute(path).parent_path().string();
    may("access.journal_folder", "journal " + path, folder.string(), W_OK | X_OK,
        "a run that can't write its journal does not begin",
        is_there ? fmt::format("chown {} {}   or name another place: `journal` in the environment file", user(),
                               in_shell(wanted))
                 : fmt::format("install -d -m 700 -o {} {}", user(), in_shell(wanted)));
    if (fs::exists(path, unknown)) {
      may("access.journal_file", "journal " + path, path, R_OK | W_OK,
          "a run that can't write its journal does not begin",
          fmt::format("chown {0} {1} {1}-wal {1}-shm", user(), in_shell(path)));
    }
  }

  Findings found;

 private:
  void may(const char* id, const std::string& object, const std::string& path, int rights, const char* why,
           const std::string& fix) {
    if (!seen_.insert(path + " " + id).second || ::faccessat(AT_FDCWD, path.c_str(), rights, AT_EACCESS) == 0) return;
    const bool read_only = errno == EROFS;
    const auto reason = read_only ? std::string("its file system is read-only") : std::string(std::strerror(errno));
    add(id, object,
        fmt::format("{}: user {} may not {}: {}", path, user(), (rights & X_OK) != 0 ? "write there" : "write it",
                    reason),
        why, read_only ? "name another place" : fix);
  }
  void add(const char* id, const std::string& object, const std::string& seen, const char* why,
           const std::string& fix) {
    found.push_back({id, Severity::blocker, object, seen, "", why, fix});
  }

  std::set<std::string> seen_;
};

}  // namespace

Findings access_files(const config::Environment& environment, const std::string& journal) {
  Files files;
  const auto login = [&](const config::PostgresAccess& access) {
    files.passfile(access.value("passfile"));
    files.key(access.value("sslkey"));
  };
  login(environment.source.postgres);
  login(environment.target.postgres);
  for (const auto& pool : environment.pools) {
    login(pool.probe);
    for (const auto& bouncer : pool.bouncers) {
      login(bouncer.console);
      files.bouncer(bouncer);
    }
  }
  files.journal(journal);
  return files.found;
}

bool keep_from_logging_in(const Findings& files) {
  return std::any_of(files.begin(), files.end(),
                     [](const auto& one) { return one.id == passfile_mode || one.id == key_mode; });
}

}  // namespace pgcleave::checks
