#include "faults.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "base/deadline.h"

namespace pgcleave::journal {
namespace {

Fault wanted = Fault::disk;
int fails_at = 0;  // 0: nothing fails
int calls = 0;
sqlite3_mem_methods memory{};

bool fails(Fault once, Fault lasting) {
  if (fails_at == 0 || (wanted != once && wanted != lasting)) return false;
  ++calls;
  return wanted == once ? calls == fails_at : calls >= fails_at;
}

bool disk_fails() {
  if (!fails(Fault::disk, Fault::disk_lasting)) return false;
  errno = EIO;
  return true;
}

int open_or_fail(const char* path, int flags, int mode) {
  return disk_fails() ? -1 : ::open(path, flags, mode);
}

ssize_t read_or_fail(int fd, void* to, std::size_t size, off_t at) {
  return disk_fails() ? -1 : ::pread(fd, to, size, at);
}

ssize_t write_or_fail(int fd, const void* from, std::size_t size, off_t at) {
  return disk_fails() ? -1 : ::pwrite(fd, from, size, at);
}

int truncate_or_fail(int fd, off_t size) {
  return disk_fails() ? -1 : ::ftruncate(fd, size);
}

int lock_or_fail(int fd, int command, void* argument) {
  if (command == F_SETLK && fails(Fault::lock, Fault::lock)) {
    errno = ENOLCK;
    return -1;
  }
  return ::fcntl(fd, command, argument);
}

void* allocate_or_fail(int size) {
  return fails(Fault::memory, Fault::memory_lasting) ? nullptr : memory.xMalloc(size);
}

void* grow_or_fail(void* block, int size) {
  return fails(Fault::memory, Fault::memory_lasting) ? nullptr : memory.xRealloc(block, size);
}

// https://sqlite.org/c3ref/vfs.html: xSetSystemCall is there to test how errors are handled. nullptr: the call that it
// was.
template <class Call>
void replace(const char* name, Call* call) {
  auto* vfs = sqlite3_vfs_find(nullptr);
  if (vfs->xGetSystemCall(vfs, name) != nullptr)
    vfs->xSetSystemCall(vfs, name, reinterpret_cast<sqlite3_syscall_ptr>(call));
}

void set_memory(sqlite3_mem_methods* methods, int small_blocks) {
  REQUIRE(sqlite3_shutdown() == SQLITE_OK);
  if (memory.xMalloc == nullptr) REQUIRE(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory) == SQLITE_OK);
  auto watched = memory;
  watched.xMalloc = allocate_or_fail;
  watched.xRealloc = grow_or_fail;
  REQUIRE(sqlite3_config(SQLITE_CONFIG_MALLOC, methods == nullptr ? &watched : methods) == SQLITE_OK);
  REQUIRE(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 1200, small_blocks) == SQLITE_OK);
  REQUIRE(sqlite3_initialize() == SQLITE_OK);
}

}  // namespace

std::string name_of(Fault fault) {
  switch (fault) {
    case Fault::disk: return "a disk that fails once";
    case Fault::disk_lasting: return "a disk that fails";
    case Fault::lock: return "a lock that fails once";
    case Fault::memory: return "an allocation that fails";
    case Fault::memory_lasting: return "no more memory";
  }
  return "";
}

Failing::Failing(Fault fault, int at) {
  replace("open", open_or_fail);
  for (const char* name : {"pread", "pread64"}) replace(name, read_or_fail);
  for (const char* name : {"pwrite", "pwrite64"}) replace(name, write_or_fail);
  replace("ftruncate", truncate_or_fail);
  replace("fcntl", lock_or_fail);
  wanted = fault;
  calls = 0;
  fails_at = at;
}

Failing::~Failing() {
  fails_at = 0;
  auto* vfs = sqlite3_vfs_find(nullptr);
  vfs->xSetSystemCall(vfs, nullptr, nullptr);
}

bool Failing::happened() const {
  return calls >= fails_at;
}

namespace {

std::atomic<bool> frozen{false};

ssize_t write_when_thawed(int fd, const void* from, std::size_t size, off_t at) {
  while (frozen) Monotonic::sleep_for(std::chrono::milliseconds(1));
  return ::pwrite(fd, from, size, at);
}

}  // namespace

Frozen::Frozen() {
  frozen = true;
  for (const char* name : {"pwrite", "pwrite64"}) replace(name, write_when_thawed);
}

Frozen::~Frozen() {
  thaw();
}

// The call stays: a thread that was left behind may still be in it.
void Frozen::thaw() {
  frozen = false;
}

WatchedMemory::WatchedMemory() {
  set_memory(nullptr, 0);
}

WatchedMemory::~WatchedMemory() {
  set_memory(&memory, 40);
}

}  // namespace pgcleave::journal
