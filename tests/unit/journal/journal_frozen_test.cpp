// A file system that is frozen for real, where the machine allows it: what nothing but a kernel does.
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "scratch.h"

using namespace pgcleave;
using namespace pgcleave::journal;
using namespace std::chrono_literals;

namespace {

enum Seen : int { goes_on = 0, stands_still = 1, not_on_this_machine = 77 };

// In a mount namespace of this process.
bool mount_image(const std::string& image, const std::string& folder) {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  const auto command =
      "truncate -s 32M " + image + " && mkfs.ext4 -q " + image + " && mount -o loop " + image + " " + folder;
  return std::system(("(" + command + ") >/dev/null 2>&1").c_str()) == 0;
}

// Freezes the folder for a second when it is told to, and says so. A process of its own, since this one may stand
// still.
pid_t freezer(const std::string& folder, int order, int answer) {
  return in_child([&] {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
    char told = 0;
    if (::read(order, &told, 1) != 1) return 1;
    const char frozen = ::ioctl(fd, FIFREEZE, 0) == 0 ? 'y' : 'n';
    if (::write(answer, &frozen, 1) == 1) ::sleep(1);
    return ::ioctl(fd, FITHAW, 0) == 0 ? 0 : 1;
  });
}

Duration time_to_map_memory_and_start_a_process() {
  const auto began = Monotonic::now();
  constexpr std::size_t size = 64 * 1024 * 1024;
  auto* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ::munmap(memory, size);
  exit_of(in_child([] { return 0; }));
  return std::chrono::duration_cast<Duration>(Monotonic::now() - began);
}

Seen with_a_frozen_journal(const std::string& folder) {
  std::array<int, 2> order{};
  std::array<int, 2> answer{};
  if (::pipe(order.data()) != 0 || ::pipe(answer.data()) != 0) return not_on_this_machine;
  const auto thaws = freezer(folder, order[0], answer[1]);
  Seen seen = not_on_this_machine;
  {
    auto journal = opened(folder + "/journal.db");
    // What another process wrote is news to this one, which notes how far it has read: in the file that it has mapped.
    auto other = opened(folder + "/journal.db");
    char frozen = 0;
    if (journal.append("r-1", "a", Json::object(), Durability::disk) &&
        other.append("r-1", "a", Json::object(), Durability::disk) && ::write(order[1], "x", 1) == 1 &&
        ::read(answer[0], &frozen, 1) == 1 && frozen == 'y') {
      const auto late = journal.events_by(Deadline::in(100ms), "r-1");
      seen = !late && time_to_map_memory_and_start_a_process() < 500ms ? goes_on : stands_still;
    }
    exit_of(thaws);
    if (seen == goes_on && !journal.events_by(soon(), "r-1")) seen = stands_still;
  }
  return seen;
}

}  // namespace

TEST_CASE("a journal on a file system that is frozen keeps no other thread from mapping memory or starting a process") {
  if (::geteuid() != 0) return;  // what mounts an image
  const Scratch scratch;
  const auto folder = scratch.folder / "mounted";
  std::filesystem::create_directory(folder);
  const auto seen = exit_of(in_child([&] {
    if (!mount_image((scratch.folder / "image").string(), folder.string()))
      return static_cast<int>(not_on_this_machine);
    const int code = with_a_frozen_journal(folder.string());
    ::umount(folder.c_str());
    return code;
  }));
  if (seen == not_on_this_machine) WARN("this machine freezes no file system for a test");
  CHECK((seen == goes_on || seen == not_on_this_machine));
}
