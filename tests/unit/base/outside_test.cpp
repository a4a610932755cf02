#include "base/outside.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace pgcleave;

namespace {

// A folder in front of PATH with a systemd-run of the test's own.
class FakeSystemd {
 public:
  explicit FakeSystemd(const std::string& script) {
    if (!script.empty()) {
      std::ofstream(folder_ / "systemd-run") << "#!/bin/sh\n" << script;
      ::chmod((folder_ / "systemd-run").c_str(), 0755);
    }
    ::setenv("PATH", (script.empty() ? folder_.string() : folder_.string() + ":" + path_).c_str(), 1);
  }
  ~FakeSystemd() {
    ::setenv("PATH", path_.c_str(), 1);
    std::filesystem::remove_all(folder_);
  }
  FakeSystemd(const FakeSystemd&) = delete;
  FakeSystemd& operator=(const FakeSystemd&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_ = [] {
    auto pattern = (std::filesystem::temp_directory_path() / "pgcleave-outside-XXXXXX").string();
    return std::string(::mkdtemp(pattern.data()));
  }();
  std::string path_ = std::getenv("PATH");
};

const std::string runs_it = "while [ \"$1\" != -- ]; do shift; done; shift; exec \"$@\"\n";

TriedOutside tried() {
  return try_outside(Deadline::in(std::chrono::seconds(10)));
}

}  // namespace

TEST_CASE("a control group is outside of another when it is neither the same nor below it") {
  CHECK(is_outside("/system.slice/pgcleave-guard.scope", "/system.slice/cron.service"));
  CHECK_FALSE(is_outside("/system.slice/cron.service", "/system.slice/cron.service"));
  CHECK_FALSE(is_outside("/system.slice/cron.service/payload", "/system.slice/cron.service"));
  CHECK(is_outside("/system.slice/cron.service2", "/system.slice/cron.service"));
  CHECK(is_outside("/pgcleave.scope", "/"));
  CHECK_FALSE(is_outside("/", "/"));
  CHECK_FALSE(is_outside("", "/a"));
  CHECK_FALSE(is_outside("/a", ""));
}

TEST_CASE("a scope is asked for by its name, without a password, and only for the words that follow") {
  const auto words = outside_words("pgcleave-guard-r-1");
  CHECK(words.front() == "systemd-run");
  CHECK(words.back() == "--");
  for (const std::string word : {"--scope", "--no-ask-password", "--unit=pgcleave-guard-r-1"})
    CHECK(std::find(words.begin(), words.end(), word) != words.end());
}

TEST_CASE("where systemd does not run, it is said why nothing is started outside") {
  const FakeSystemd none(
      "echo 'System has not been booted with systemd as init system (PID 1).' >&2; echo more; exit 1\n");
  const auto seen = tried();
  CHECK_FALSE(seen.outside);
  CHECK(seen.own == control_group_of(::getpid()));
  CHECK(seen.why.find("systemd-run: System has not been booted with systemd as init system (PID 1).") == 0);
  CHECK(seen.text().find("no process could be started outside of this one's control group, ") == 0);
}

TEST_CASE("where there is no systemd-run, it is said so") {
  const FakeSystemd none("");
  const auto seen = tried();
  CHECK_FALSE(seen.outside);
  CHECK(seen.why.find("not found in PATH") != std::string::npos);
}

TEST_CASE("a scope that is none is seen: the command ran where this process runs") {
  const FakeSystemd same(runs_it);
  const auto seen = tried();
  CHECK_FALSE(seen.outside);
  CHECK(seen.group == seen.own);
  CHECK(seen.why.find("systemd-run started it in " + seen.own) == 0);
}

TEST_CASE("a command that was started in another control group is outside") {
  const std::filesystem::path root =
      std::filesystem::exists("/sys/fs/cgroup/systemd") ? "/sys/fs/cgroup/systemd" : "/sys/fs/cgroup";
  const auto group = root / ("pgcleave-outside-test-" + std::to_string(::getpid()));
  std::error_code refused;
  if (!std::filesystem::create_directory(group, refused)) {
    WARN("no control group can be made here: " << refused.message());
    return;
  }
  {
    const FakeSystemd moves("echo $$ >'" + (group / "cgroup.procs").string() + "' || exit 1\n" + runs_it);
    const auto seen = tried();
    INFO(seen.text());
    CHECK(seen.outside);
    CHECK(seen.group == "/" + group.filename().string());
    CHECK(seen.text().find("a process was started in the control group " + seen.group) == 0);
  }
  ::rmdir(group.c_str());
}
