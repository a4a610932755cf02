#include "cli/standard_files.h"

#include <fcntl.h>
#include <unistd.h>

namespace pgcleave::cli {

// Who is started with a closed standard file (`pgcleave run ... >&-`, or by a daemon) would give its number to the next
// thing that is opened, such as a connection to a server, and then print into it.
void open_standard_files() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    while (::fcntl(fd, F_GETFD) < 0) {
      if (::open("/dev/null", O_RDWR) < 0) return;
    }
  }
}

}  // namespace pgcleave::cli
