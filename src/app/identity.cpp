#include "app/identity.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>

#include "base/format.h"
#include "fence/holder.h"

namespace pgcleave::app {

std::string operator_name() {
  const auto* user = ::getpwuid(::getuid());
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  return std::string(user != nullptr ? user->pw_name : "uid " + std::to_string(::getuid())) + "@" + host;
}

std::string host_name() {
  utsname name{};
  ::uname(&name);
  return name.nodename;
}

std::string journal_identity(const journal::Journal& journal) {
  std::error_code unknown;
  const auto whole = std::filesystem::canonical(journal.path(), unknown);
  const auto path = unknown ? journal.path() : whole.string();
  // The number is given again when a file was removed: when the file was made tells them apart, where the file system
  // keeps that. The device is left out: its number may be another after a reboot.
  struct statx file{};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_BTIME, &file) != 0) return path;
  const auto made = (file.stx_mask & STATX_BTIME) == 0
                        ? ""
                        : fmt::format(" of {}.{:09}", file.stx_btime.tv_sec, file.stx_btime.tv_nsec);
  return fence::journal_of_file(path, fmt::format("{}{}", file.stx_ino, made));
}

}  // namespace pgcleave::app
