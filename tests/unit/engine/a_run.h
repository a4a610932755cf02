// Runs without products: their steps are commands that touch files in a folder of the test, and tell of it in a log
// there. A process that dies is an exception that is thrown at a fault point; the next one begins with nothing but the
// journal.
#pragma once

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "engine/approvals.h"
#include "engine/run.h"
#include "engine/undoer.h"
#include "steps/registry.h"

namespace pgcleave::engine {

namespace fs = std::filesystem;

struct Died {};

// Fault points that were passed, and the one at which the process dies (0: none).
inline int passed_points = 0;
inline int deadly_point = 0;
inline std::function<void(const std::string&)> when_passed;
inline void maybe_die(const std::string& point) {
  if (when_passed) when_passed(point);
  if (++passed_points == deadly_point) throw Died{};
}

// "@" in a runbook is the folder of the test.
inline std::string in_folder(std::string text, const std::string& folder) {
  for (auto at = text.find('@'); at != std::string::npos; at = text.find('@', at)) text.replace(at, 1, folder);
  return text;
}

// A step that makes the file of its name, sees whether it is there and can remove it.
inline std::string make(const std::string& id, const std::string& more = "") {
  return "  - {id: " + id + ", uses: run.command, with: {argv: [sh, -c, 'echo do " + id + " >> @/log; touch @/" + id +
         "'], check: [test, -e, @/" + id + "], undo: [sh, -c, 'echo undo " + id + " >> @/log; rm -f @/" + id + "']}" +
         more + "}\n";
}

// A step of one shell line, with nothing to see and nothing to undo.
inline std::string line(const std::string& id, const std::string& command, const std::string& more = "") {
  return "  - {id: " + id + ", uses: run.command, with: {argv: [sh, -c, '" + command + "']}" + more + "}\n";
}

inline std::string gate(const std::string& id) {
  return "  - {id: " + id + ", uses: gate.approve, with: {text: go on, expires: 15m}}\n";
}

inline const std::string head = "pgcleave: 1\nname: a-run\nsummary: For a test.\n";

inline std::string window(const std::string& steps, const std::string& budget = "20s") {
  std::string deeper;
  std::istringstream lines(steps);
  for (std::string one; std::getline(lines, one);) deeper += "  " + one + "\n";
  return "window:\n  budget: " + budget + "\n  steps:\n" + deeper;
}

// Something to do before, in and after a window.
inline std::string whole(const std::string& last = "") {
  return head + "prepare:\n" + make("a") + window(make("c") + make("d")) + "verify:\n" + make("e") + last;
}

class ARun {
 public:
  explicit ARun(const std::string& text) : folder_(new_folder()), text_(in_folder(text, folder_.string())) {
    passed_points = 0;
    deadly_point = 0;
  }
  ~ARun() {
    deadly_point = 0;
    when_passed = nullptr;
    fs::remove_all(folder_);
  }
  ARun(const ARun&) = delete;
  ARun& operator=(const ARun&) = delete;

  RunResult forward() {
    return in_a_process([](Run& run) { return run.forward(); });
  }
  RunResult resume() {
    return in_a_process([](Run& run) { return run.resume(); });
  }
  RunResult back(bool emergency = false) {
    // As the program does: who may not go back is refused before that is written down.
    const bool may_go_back = !rollback_blocker(record(), runbook());
    return in_a_process([](Run& run) { return run.back(); }, may_go_back ? "rollback" : "on", emergency);
  }
  RunResult settle() {
    return in_a_process([](Run& run) { return run.settle(); }, "settle");
  }

  // The process dies at this fault point. No value: it died.
  std::optional<RunResult> dying_at(int point, const std::function<RunResult()>& what) {
    passed_points = 0;
    deadly_point = point;
    std::optional<RunResult> ending;
    try {
      ending = what();
    } catch (const Died&) {
    }
    deadly_point = 0;
    return ending;
  }

  [[nodiscard]] journal::Journal journal() const {
    auto opened = journal::Journal::open(journal_path(), Deadline::in(std::chrono::seconds(10)));
    if (!opened) FAIL(opened.error().text());
    return std::move(*opened);
  }
  [[nodiscard]] std::vector<journal::Event> events() const {
    auto read = journal().events(id);
    if (!read) FAIL(read.error().text());
    return *read;
  }
  [[nodiscard]] RunRecord record() const { return replay(events()); }
  [[nodiscard]] StepStatus status(const std::string& step) const {
    const auto known = record();
    const auto found = known.steps.find(step);
    return found == known.steps.end() ? StepStatus::untouched : found->second.status;
  }
  void write(const std::string& type, const Json& data) const {
    const auto written = journal().append(id, type, data, journal::Durability::disk);
    if (!written) FAIL(written.error().text());
  }
  void forget_journal() const { fs::remove_all(folder_ / "journal"); }

  [[nodiscard]] std::string journal_path() const { return folder_ / "journal" / "journal.db"; }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] bool has(const std::string& name) const { return fs::exists(folder_ / name); }
  [[nodiscard]] std::vector<std::string> log() const {
    std::vector<std::string> lines;
    std::ifstream in(folder_ / "log");
    for (std::string one; std::getline(in, one);) lines.push_back(one);
    return lines;
  }
  [[nodiscard]] const runbook::Runbook& runbook() {
    if (!runbook_) {
      const auto read = runbook::read_runbook("a-run.yml", text_, steps::vocabulary());
      for (const auto& problem : read.problems) FAIL(problem.text());
      runbook_ = *read.value;
    }
    return *runbook_;
  }
  // Both sides' Patroni refuse connections, so who owns can't be seen; the fleet is empty.
  static world::World world() {
    config::SideAccess source;
    source.scope = "main";
    source.patroni.members = {"http://127.0.0.1:1"};
    auto target = source;
    target.scope = "ci";
    world::World world{.source = world::Side(fence::Owner::source, source),
                       .target = world::Side(fence::Owner::target, target),
                       .fleet = pgbouncer::Fleet({}),
                       .split = {.name = "ci", .moved = {}, .kept = {}}};
    world.run.id = id;
    world.environment.name = "nowhere";
    return world;
  }

  inline static const std::string id = "r-20260101-000000-0001";
  Json params = Json::object();
  StopFlag stop;
  WindowProbe probe;
  GuardHooks guard;
  std::function<void(const std::string&)> when_said;
  std::function<void(const std::string&)> when_warned;
  std::function<world::World()> open_world = world;  // of each process
  std::vector<std::string> beforehand;

 private:
  static fs::path new_folder() {
    // Thousands of records are synced to disk here; in memory that is free.
    const fs::path memory = "/dev/shm";
    auto pattern =
        ((::access(memory.c_str(), W_OK) == 0 ? memory : fs::temp_directory_path()) / "pgcleave-run-XXXXXX").string();
    return ::mkdtemp(pattern.data());
  }

  RunResult in_a_process(const std::function<RunResult(Run&)>& act, const std::string& direction = "on",
                         bool emergency = false) {
    auto book = journal();
    auto there = open_world();
    Recorder recorder(book, id, replay(events()), maybe_die);
    const char* type = recorder.record().id.empty() ? "run.begun" : "run.resumed";
    Json begun{{"split_name", "ci"}, {"pid", 1}, {"direction", direction}};
    if (emergency) begun["emergency"] = true;
    if (const auto written = recorder.write(type, begun); !written) FAIL(written.error().text());
    there.approvers = world::Approvers(approvals(book, id, beforehand, "tester", nullptr));
    RunOutput output;
    output.say = when_said;
    output.warn = when_warned;
    Run run(runbook(), params, there, recorder, stop, output, probe, guard);
    return act(run);
  }

  fs::path folder_;
  std::string text_;
  std::optional<runbook::Runbook> runbook_;
};

// For who asks what was done to a run before.
inline void nothing_before(ARun&) {}

}  // namespace pgcleave::engine
