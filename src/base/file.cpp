#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace pgcleave {
namespace {

Error system_error(const std::string& path, const std::string& what) {
  return Error{ErrorKind::failed, path, what, "", std::strerror(errno), "", ""};
}

Result<void> sync_folder_of(const std::string& path) {
  auto folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail(system_error(folder, "the folder can't be opened"));
  const bool synced = ::fsync(fd) == 0;
  const auto error = system_error(folder, "the folder can't be written to disk");
  ::close(fd);
  if (!synced) return fail(error);
  return {};
}

Result<void> write_all(int fd, const std::string& path, const std::string& content) {
  std::size_t written = 0;
  while (written < content.size()) {
    const auto n = ::write(fd, content.data() + written, content.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(system_error(path, "the file can't be written"));
    written += static_cast<std::size_t>(n);
  }
  if (::fsync(fd) != 0) return fail(system_error(path, "the file can't be written to disk"));
  return {};
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit_bytes) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    return fail({ErrorKind::invalid, path, "the file can't be read", "", std::strerror(errno), "", ""});
  }
  if (!S_ISREG(info.st_mode)) return fail({ErrorKind::invalid, path, "is not a regular file", "", "", "", ""});
  if (static_cast<std::size_t>(info.st_size) > limit_bytes) {
    return fail({ErrorKind::invalid, path, "the file is too large", "at most " + std::to_string(limit_bytes) + " bytes",
                 std::to_string(info.st_size) + " bytes", "", ""});
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail({ErrorKind::invalid, path, "the file can't be read", "", std::strerror(errno), "", ""});
  return std::string(std::istreambuf_iterator<char>(in), {});
}

Result<void> replace_file(const std::string& path, const std::string& content, const std::string& like) {
  const std::string temporary = path + ".tmp";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return fail(system_error(temporary, "the file can't be created"));
  auto written = write_all(fd, temporary, content);
  struct stat model{};
  if (written && ::stat(like.c_str(), &model) == 0) {
    if (::fchmod(fd, model.st_mode & 07777) != 0) written = fail(system_error(temporary, "the mode can't be set"));
    if (written && (model.st_uid != ::geteuid() || model.st_gid != ::getegid()) &&
        ::fchown(fd, model.st_uid, model.st_gid) != 0) {
      written = fail(system_error(temporary, "the owner can't be set"));
    }
  }
  ::close(fd);
  if (written) written = rename_durably(temporary, path);
  if (!written) ::unlink(temporary.c_str());
  return written;
}

Result<void> rename_durably(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return fail(system_error(from, "can't be renamed to " + to));
  return sync_folder_of(to);
}

Result<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail(system_error(path, "can't be removed"));
  return {};
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

}  // namespace pgcleave
