// A disk that answers with errors or not at all, preloaded into pgcleave by the fault trials. While the file that
// PGCLEAVE_BAD_DISK names exists, and says "write" or "sync", these fail with EIO on the journal's files; while it says
// "hang", both do not end. Each time adds a byte to that file's name with ".hits".
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

bool is_of_a_journal(int descriptor) {
  char name[4096];
  const auto link = "/proc/self/fd/" + std::to_string(descriptor);
  const auto length = ::readlink(link.c_str(), name, sizeof name);
  return length > 0 && std::string(name, static_cast<std::size_t>(length)).find(".db") != std::string::npos;
}

bool is_ordered(const std::string& file, const char* what) {
  char text[16] = {};
  const int order = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (order < 0) return false;
  const auto length = ::read(order, text, sizeof text - 1);
  ::close(order);
  return length > 0 && std::strncmp(text, what, std::strlen(what)) == 0;
}

bool meets(const std::string& file, int descriptor, const char* what) {
  if (!is_ordered(file, what) || !is_of_a_journal(descriptor)) return false;
  const int hits = ::open((file + ".hits").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (hits >= 0) {
    [[maybe_unused]] const auto written = ::write(hits, "x", 1);
    ::close(hits);
  }
  return true;
}

bool fails(int descriptor, const char* what) {
  const char* file = std::getenv("PGCLEAVE_BAD_DISK");
  if (file == nullptr) return false;
  const int before = errno;
  if (meets(file, descriptor, "hang")) {
    while (is_ordered(file, "hang")) ::usleep(2000);
  }
  const bool now = meets(file, descriptor, what);
  errno = now ? EIO : before;
  return now;
}

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t pwrite(int descriptor, const void* data, size_t size, off_t offset) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return fails(descriptor, "write") ? -1 : next(descriptor, data, size, offset);
}

ssize_t pwrite64(int descriptor, const void* data, size_t size, off64_t offset) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return fails(descriptor, "write") ? -1 : next(descriptor, data, size, offset);
}

int fsync(int descriptor) {
  static const auto next = real<int (*)(int)>("fsync");
  return fails(descriptor, "sync") ? -1 : next(descriptor);
}

int fdatasync(int descriptor) {
  static const auto next = real<int (*)(int)>("fdatasync");
  return fails(descriptor, "sync") ? -1 : next(descriptor);
}

}  // extern "C"
