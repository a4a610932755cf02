// A change with a journal in which it was rehearsed, checked and signed; each test spoils one thing.
#pragma once

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "a_story.h"
#include "base/sha256.h"
#include "report/gather.h"
#include "steps/registry.h"

namespace pgcleave::report {

class AChange {
 public:
  AChange() : folder_(new_folder()) {
    change.runbook = runbook_of(text());
    change.params = {{"budget", "5s"}};
    change.environment.name = "prod";
    change.environment.production = true;
    change.environment.path = "prod.yml";
    change.environment.source = side("main", 2);
    change.environment.target = side("ci", 3);
    change.environment.pools = {{"app", {{"bouncer-1", {}, "", {}}, {"bouncer-2", {}, "", {}}}, {}}};
    change.split.name = "ci";
    change.split.text = "split: 1";
    change.split.path = "split.yml";
    change.split.moved.tables = {{"public.builds", {}}, {"public.\"A|B\"", {}}};
    change.split.moved.schemas = {{"ci", {}}};
    change.journal = folder_ / "journal.db";
    change.binary_sha256 = "binary";
    change.now_us = 1'795'400'000'000'000;  // a day after the rehearsals
  }
  ~AChange() { std::filesystem::remove_all(folder_); }
  AChange(const AChange&) = delete;
  AChange& operator=(const AChange&) = delete;

  static std::string text(const std::string& more = "") {
    return "pgcleave: 1\nname: logical-switchover\nsummary: For a test.\nparams:\n  budget: {type: duration, default: "
           "5s}\n"
           "rehearsal: {times: 1}\nroles: [driver, database]\nwatch: [\"error rate above 1 %\"]\n"
           "prepare:\n  - {id: promote, uses: patroni.promote, with: {cluster: target}}\n  - {id: reverse, uses: "
           "replication.create_slot_reverse}\n"
           "window:\n  budget: \"${params.budget}\"\n  steps:\n    - {id: pause, uses: pgbouncer.pause}\n    - {id: "
           "resume, uses: "
           "pgbouncer.resume}\n"
           "rollback:\n  then:\n    - {id: lag, uses: check.lag}\n" +
           more;
  }
  static runbook::Runbook runbook_of(const std::string& text) {
    auto read = runbook::read_runbook("a.yml", text, steps::vocabulary());
    for (const auto& problem : read.problems) FAIL(problem.text());
    return std::move(*read.value);
  }

  // A good round that went back, as `pgcleave rehearse` records it.
  void rehearse(bool good = true, const std::string& surprise = "") {
    const std::string run = "r-1";
    auto story = there_and_back();
    for (const auto& event : story.events()) {
      auto data = event.data;
      if (event.type == "run.begun") {
        data["text"] = change.runbook.text;
        data["sha256"] = change.runbook.sha256;
        data["split_sha256"] = sha256(change.split.text);
        data["binary_sha256"] = change.binary_sha256;
        data["params"] = change.params;
        data["rehearsal"] = "h-1";
        data["round"] = 1;
      }
      write(run, event.type, data);
    }
    write("h-1", "rehearsal.round",
          {{"round", 1},
           {"run", run},
           {"outcome", good ? "good" : "surprise"},
           {"rolled_back", true},
           {"text", surprise},
           {"checks", Json::object()}});
  }
  void check(const Json& findings = Json::array()) {
    write("c-1", "check.done",
          {{"environment_name", "prod"},
           {"split_sha256", sha256(change.split.text)},
           {"runbook_sha256", change.runbook.sha256},
           {"families", {"fence", "topology"}},
           {"findings", findings},
           {"operator", "ann@ops"}});
  }
  void sign(const std::string& role) {
    write("s-1", "readiness.signed",
          {{"role", role},
           {"by", role == "driver" ? "carl@ops" : "dora@ops"},
           {"text", "go"},
           {"environment_name", "prod"},
           {"environment_sha256", sha256(change.environment.text)},
           {"split_sha256", sha256(change.split.text)},
           {"runbook_sha256", change.runbook.sha256}});
  }
  void all_done() {
    rehearse();
    check();
    sign("driver");
    sign("database");
    now();
  }
  // Events are written at the time of the test: a moment later is now.
  void now(std::chrono::hours later = std::chrono::hours(0)) {
    change.now_us = utc_now_us() + std::chrono::duration_cast<std::chrono::microseconds>(later).count();
  }
  [[nodiscard]] Readiness gathered() const {
    auto readiness = gather(change);
    if (!readiness) FAIL(readiness.error().text());
    return std::move(*readiness);
  }
  [[nodiscard]] Document report() const { return readiness_report(gathered(), {change.now_us, "0.1.0"}); }
  [[nodiscard]] std::vector<std::string> blockers() const {
    std::vector<std::string> ids;
    for (const auto& finding : findings_of(gathered())) {
      if (finding.severity == checks::Severity::blocker) ids.push_back(finding.id);
    }
    return ids;
  }
  void write(const std::string& run, const std::string& type, const Json& data) const {
    auto journal = journal::Journal::open(change.journal, Deadline::in(std::chrono::seconds(10)));
    if (!journal) FAIL(journal.error().text());
    const auto written = journal->append(run, type, data, journal::Durability::process);
    if (!written) FAIL(written.error().text());
  }

  runbook::Change change;

 private:
  static std::filesystem::path new_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "pgcleave-report-XXXXXX").string();
    return ::mkdtemp(pattern.data());
  }
  static config::SideAccess side(const std::string& scope, std::size_t members) {
    config::SideAccess side;
    side.scope = scope;
    side.patroni.members.assign(members, "http://127.0.0.1:1");
    side.route = {"10.0.0.1", 5432};
    return side;
  }

  std::filesystem::path folder_;
};

}  // namespace pgcleave::report
