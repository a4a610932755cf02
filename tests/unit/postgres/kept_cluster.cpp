#include "kept_cluster.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace pgcleave::postgres::test {
namespace {

namespace fs = std::filesystem;

const fs::path folder = PGCLEAVE_KEPT_CLUSTERS;

bool same_owner(const fs::path& from, const fs::path& to) {
  struct stat owner{};
  return ::geteuid() != 0 ||
         (::stat(from.c_str(), &owner) == 0 && ::chown(to.c_str(), owner.st_uid, owner.st_gid) == 0);
}

bool copy_all(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy(from, to, fs::copy_options::recursive, error);
  bool copied = !error && same_owner(from, to);
  for (fs::recursive_directory_iterator it(to, error), end; copied && !error && it != end; it.increment(error)) {
    copied = same_owner(from, it->path());
  }
  if (copied && !error) return true;
  fs::remove_all(to, error);
  return false;
}

}  // namespace

bool copy_kept_cluster(const std::string& name, const std::string& data) {
  std::error_code error;
  return fs::exists(folder / name / "PG_VERSION", error) && copy_all(folder / name, data);
}

void keep_cluster(const std::string& name, const std::string& data) {
  std::error_code error;
  fs::create_directories(folder, error);
  const auto mine = folder / (name + "." + std::to_string(::getpid()));
  if (!copy_all(data, mine)) return;
  fs::rename(mine, folder / name, error);
  if (error) fs::remove_all(mine, error);
}

}  // namespace pgcleave::postgres::test
