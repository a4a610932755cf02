// A folder for one test, children that are killed, and SQLite past the journal's back.
#pragma once

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <string>

#include "journal/journal.h"
#include "journal/samples.h"

namespace pgcleave::journal {

struct Scratch {
  std::filesystem::path folder = [] {
    auto pattern = (std::filesystem::temp_directory_path() / "pgcleave-journal-XXXXXX").string();
    return std::string(::mkdtemp(pattern.data()));
  }();
  std::string path = folder / "journal";
  ~Scratch() { std::filesystem::remove_all(folder); }
};

inline Deadline soon() {
  return Deadline::in(std::chrono::seconds(10));
}

inline Deadline at_once() {
  return Deadline::in(std::chrono::milliseconds(10));
}

inline Journal opened(const std::string& path) {
  auto journal = Journal::open(path, soon());
  if (!journal) FAIL(journal.error().text());
  return std::move(*journal);
}

inline void fill(const std::string& path, int events) {
  auto journal = opened(path);
  for (int i = 0; i < events; ++i) REQUIRE(journal.append("r-1", "a", Json{{"i", i}}, Durability::process));
}

inline Error refused(const std::string& path) {
  const auto journal = Journal::open(path, soon());
  if (journal) FAIL("the journal was opened");
  return journal.error();
}

inline Samples opened_samples(const std::string& path) {
  auto samples = Samples::open(path, soon());
  if (!samples) FAIL(samples.error().text());
  return std::move(*samples);
}

inline std::vector<Sample> a_round(std::int64_t at_us, const std::string& run = "") {
  return {{at_us, run, "source", "commits_per_s", 812.5}, {at_us, run, "pool app at bouncer-1", "clients.waiting", 3}};
}

// What an intruder with sqlite3 would type.
inline int raw(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  sqlite3_open(path.c_str(), &database);
  const int code = sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr);
  sqlite3_close(database);
  return code;
}

// Changes events although the triggers forbid it, and puts the triggers back.
inline void forge(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  sqlite3_open(path.c_str(), &database);
  std::string triggers;
  const auto collect = [](void* out, int, char** values, char**) {
    *static_cast<std::string*>(out) += std::string(values[0]) + ";";
    return 0;
  };
  REQUIRE(sqlite3_exec(database, "SELECT sql FROM sqlite_schema WHERE type = 'trigger'", collect, &triggers, nullptr) ==
          SQLITE_OK);
  const std::string drop =
      "DROP TRIGGER event_is_never_changed; DROP TRIGGER event_is_never_removed; DROP TRIGGER event_comes_last;";
  REQUIRE(sqlite3_exec(database, (drop + sql + ";" + triggers).c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

// Runs `work` in a child process, whose exit code it gives.
inline pid_t in_child(const std::function<int()>& work) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(work());
  return pid;
}

// 128 + signal number when it was killed.
inline int exit_of(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// While one is there, this process may do what user nobody may; the folder is nobody's. Without root it is what it was.
class AsNobody {
 public:
  explicit AsNobody(const Scratch& scratch) {
    if (!was_root_) return;
    REQUIRE(::chown(scratch.folder.c_str(), nobody, nobody) == 0);
    REQUIRE(::setresuid(nobody, nobody, 0) == 0);
  }
  ~AsNobody() {
    if (was_root_ && ::setresuid(0, 0, 0) != 0) std::abort();
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  static constexpr uid_t nobody = 65534;
  bool was_root_ = ::geteuid() == 0;
};

}  // namespace pgcleave::journal
