#include "app/metrics.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

using namespace pgcleave;

namespace {

class Written {
 public:
  Written() : folder_(new_folder()) {
    auto opened = journal::Journal::open(folder_ / "journal.db", Deadline::in(std::chrono::seconds(10)));
    REQUIRE(opened);
    journal_.emplace(std::move(*opened));
  }
  ~Written() {
    journal_.reset();
    std::filesystem::remove_all(folder_);
  }
  Written(const Written&) = delete;
  Written& operator=(const Written&) = delete;

  void write(const std::string& type, const Json& data, const std::string& run = "r-1") {
    REQUIRE(journal_->append(run, type, data, journal::Durability::process));
  }
  void begin_window() {
    write("run.begun",
          {{"name", "switchover"}, {"split_name", "ci"}, {"environment_name", "lab"}, {"class", "staging"}});
    write("phase.begun", {{"phase", "gate"}});
    write("step.intent", {{"step", "fit"}, {"uses", "check.topology"}});
    write("step.done",
          {{"step", "fit"}, {"ms", 250.0}, {engine::outputs_field, {{"blockers", 0}, {"warnings", 2}, {"notes", 1}}}});
    // Found done, so it was not begun.
    write(engine::already_applied_event,
          {{"step", "lag"}, {"ms", 3.0}, {engine::outputs_field, {{"lag_bytes", 4096}}}});
    write("phase.begun", {{"phase", "window"}});
    write("window.entered", {{"phase", "window"}, {"budget_ms", 5000.0}});
    write("effect.announced", {{"step", "pause"}, {"traffic", "pause"}});
  }
  [[nodiscard]] std::string told(std::int64_t later_us = 0) {
    const auto text = app::metrics(*journal_, {}, utc_now_us() + later_us);
    INFO((text ? "" : text.error().text()));
    REQUIRE(text);
    return *text;
  }

 private:
  static std::filesystem::path new_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "pgcleave-metrics-XXXXXX").string();
    return ::mkdtemp(pattern.data());
  }
  std::filesystem::path folder_;
  std::optional<journal::Journal> journal_;
};

double value_of(const std::string& text, const std::string& sample) {
  const auto at = text.find("\n" + sample + " ");
  INFO(text);
  REQUIRE(at != std::string::npos);
  return std::stod(text.substr(at + sample.size() + 2));
}

bool tells(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

const std::string of_split = R"({split="ci",environment="lab"})";

std::string of_run(const std::string& more) {
  return R"({split="ci",environment="lab",run="r-1")" + (more.empty() ? "" : "," + more) + "}";
}

}  // namespace

TEST_CASE("metrics of a window that is open tell how long clients have waited, and what is left of the budget") {
  Written a;
  a.begin_window();
  const auto text = a.told(7'000'000);
  const auto window = of_run(R"(window="window")");
  CHECK(value_of(text, "pgcleave_window_open" + window) == 1);
  CHECK(value_of(text, "pgcleave_window_budget_seconds" + window) == 5);
  CHECK(value_of(text, "pgcleave_window_pause_seconds" + window) >= 7);
  CHECK(value_of(text, "pgcleave_window_budget_left_seconds" + window) <= -2);
  CHECK(value_of(text, "pgcleave_process_alive" + of_split) == 0);
  CHECK(value_of(text, "pgcleave_alert" + of_split) == 2);  // a window, and nobody at work
  CHECK(tells(text, R"(phase="window",state="interrupted"} 1)"));
}

TEST_CASE("metrics of a run that ended tell its steps, its pause, findings, lag and who serves") {
  Written a;
  a.begin_window();
  a.write("effect.done", {{"step", "resume"}, {"traffic", "resume"}, {"outcome", "ok"}});
  a.write("window.left", {{"phase", "window"}, {"outcome", "done"}});
  a.write("run.finished", {{"outcome", "done"}, {"exit", 0}, {"serves", "target"}});
  const auto text = a.told(7'000'000);
  const auto window = of_run(R"(window="window")");
  CHECK(value_of(text, "pgcleave_window_open" + window) == 0);
  CHECK(value_of(text, "pgcleave_window_pause_seconds" + window) < 5);
  CHECK(value_of(text, "pgcleave_window_outcome_info" + of_run(R"(window="window",outcome="done")")) == 1);
  CHECK(value_of(text, "pgcleave_serves_info" + of_run(R"(serves="target")")) == 1);
  CHECK(value_of(text, "pgcleave_run_exit_code" + of_run("")) == 0);
  CHECK(value_of(text, "pgcleave_lag_bytes" + of_run(R"(step="lag")")) == 4096);
  CHECK(value_of(text, "pgcleave_findings" + of_run(R"(step="fit",severity="warnings")")) == 2);
  CHECK(value_of(text, "pgcleave_step_duration_seconds" + of_run(R"(step="fit",uses="check.topology",phase="gate")")) ==
        Approx(0.25));
  CHECK(value_of(text, "pgcleave_alert" + of_split) == 0);
  CHECK_FALSE(tells(text, "comparison"));
}

TEST_CASE("metrics tell the last comparison of a split, and of a journal without a run the program only") {
  Written a;
  a.begin_window();
  a.write("compare.done",
          {{"split_name", "ci"},
           {"environment_name", "lab"},
           {"ms", 0.0},
           {"tables", {{{"table", "ci.builds"}, {"rows", 90}, {"differences", {{{"key", "id 1"}}}}, {"more", false}}}}},
          "v-1");
  const auto text = a.told();
  CHECK(value_of(text, "pgcleave_comparison_differences" + of_split) == 1);
  CHECK(value_of(text, "pgcleave_comparison_rows" + of_split) == 90);
  CHECK(app::metrics_of_no_run().starts_with("# HELP pgcleave_info "));
}
