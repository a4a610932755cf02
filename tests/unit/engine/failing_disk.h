// A disk under the journal's files that fails when it is told to. Everything else in the process writes as ever.
#pragma once

#include <functional>

namespace pgcleave::engine {

enum class DiskFault {
  full,         // no room from the n-th write on
  failed_once,  // the n-th write stops half way with EIO; the next ones would succeed
  no_sync       // the n-th sync fails with EIO; the next ones would succeed
};

// From now on operations are counted. `at_fault` is called when the n-th one comes, before it fails.
void fail_disk_at(DiskFault fault, int n, std::function<void()> at_fault);
// From now on no write ends before the disk is repaired; then all are done.
void hang_disk();
void repair_disk();
bool disk_has_failed();  // since it was told to

}  // namespace pgcleave::engine
