#include "files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include "error.h"

namespace pgcleave_lab {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) fail("cannot read {}: {}", path.string(), std::strerror(errno));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string read_file_or_empty(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  return text.str();
}

std::string last_lines(const std::filesystem::path& path, int count) {
  const std::string text = read_file_or_empty(path);
  auto begin = text.size();
  for (int seen = 0; begin > 0 && seen <= count; --begin)
    if (text[begin - 1] == '\n' && ++seen > count) break;
  return text.substr(begin);
}

void write_file(const std::filesystem::path& path, const std::string& text, mode_t mode, const User& owner) {
  const std::string fresh = path.string() + ".new";
  ::unlink(fresh.c_str());
  const int descriptor = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (descriptor < 0) fail("cannot create {}: {}", fresh, std::strerror(errno));
  const bool written = ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fchmod(descriptor, mode) == 0 && give_to(descriptor, owner);
  const int reason = errno;
  ::close(descriptor);
  if (!written) fail("cannot write {}: {}", fresh, std::strerror(reason));
  std::filesystem::rename(fresh, path);
}

void make_folder(const std::filesystem::path& path, mode_t mode, const User& owner) {
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
    fail("cannot create folder {}: {}", path.string(), std::strerror(errno));
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0) fail("cannot open folder {}: {}", path.string(), std::strerror(errno));
  const bool done = ::fchmod(descriptor, mode) == 0 && give_to(descriptor, owner);
  const int reason = errno;
  ::close(descriptor);
  if (!done) fail("cannot prepare folder {}: {}", path.string(), std::strerror(reason));
}

FileLock::FileLock(const std::filesystem::path& path)
    : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (descriptor_ < 0) fail("cannot open {}: {}", path.string(), std::strerror(errno));
  while (::flock(descriptor_, LOCK_EX) != 0)
    if (errno != EINTR) fail("cannot lock {}: {}", path.string(), std::strerror(errno));
}

FileLock::~FileLock() {
  ::close(descriptor_);
}

std::string random_text(int length) {
  static constexpr char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::vector<unsigned char> bytes(static_cast<std::size_t>(length));
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    fail("the kernel gave no random bytes: {}", std::strerror(errno));
  std::string text;
  for (const unsigned char byte : bytes) text += alphabet[byte % (sizeof alphabet - 1)];
  return text;
}

}  // namespace pgcleave_lab
