#include "trial.h"

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "explorer.h"
#include "judge.h"
#include "program.h"

namespace pgcleave::simulation {
namespace {

constexpr int patience = 3;                           // how often it is resumed
constexpr Duration budget = std::chrono::seconds(5);  // of all windows

class Trial {
 public:
  Trial(const Scenario& scenario, bool then_back)
      : scenario_(scenario), then_back_(then_back), program_(scenario.runbook) {}

  std::string run() {
    universe().advance(std::chrono::milliseconds(100));
    if (scenario_.back && !went(program_.run())) return told({"the run without faults ended with: " + last_});
    if (scenario_.back) universe().advance(std::chrono::milliseconds(500));
    arm();
    note(scenario_.back ? program_.rollback() : program_.run());
    // A path without a fault so far has none in what follows: that direction has a scenario of its own.
    if (faults_so_far().empty()) an_hour_passes();
    if (faults_so_far().empty()) disarm();
    // The run may have gone well in spite of its faults: then the rollback begins there.
    chosen_back_ = then_back_ = !both_ways(!then_back_);
    if (universe().copy) take_over_with_copy();
    for (int i = 0; i < patience && !over(); ++i) resume_run(i);
    // What can't go on can be given up.
    if (!over() && !then_back_) then_back_ = true;
    for (int i = 0; i < patience && !over(); ++i) resume_run(i);
    disarm();
    if (nobody_or_both_serve() && !universe().history.failed_over.empty()) {
      repaired_ = program_.repair_owner();
      then_back_ = program_.record().rolling_back;
      for (int i = 0; i < patience && !over(); ++i) resume_run(i);
    }
    universe().let_arrive();
    if (universe().journal.empty()) return told(judge("undone", scenario_.rollback_path));
    if (universe().copy) return told(judge_who_serves(scenario_.rollback_path));
    if (!universe().history.failed_over.empty() && over()) return told(judge_who_serves(scenario_.rollback_path));
    if (!over()) return told({"it is not over: " + last_});
    auto wrong = judge(engine::name_or_nothing(program_.record().outcome), scenario_.rollback_path);
    if (bears_no_failed_write() && universe().history.refused > 0)
      wrong.push_back(
          fmt::format("{} writes through the bouncers failed; clients should have waited", universe().history.refused));
    const bool goes_back = scenario_.back && program_.record().rolling_back;  // else it died before that was written
    if (died_once() && !chosen_back_ &&
        program_.record().outcome != (goes_back ? journal::RunOutcome::rolled_back : journal::RunOutcome::done))
      wrong.push_back("it died once, and resume left it " + engine::name_or_nothing(program_.record().outcome));
    if (!bears_a_long_wait() && universe().history.longest_wait > budget.count())
      wrong.push_back(fmt::format("a client waited {} ms", universe().history.longest_wait / 1000));
    return told(wrong);
  }

 private:
  bool went(const std::optional<engine::RunResult>& ending) {
    note(ending);
    return ending && ending->exit == engine::ExitCode::done;
  }
  void note(const std::optional<engine::RunResult>& ending) { last_ = ending ? ending->text : "died"; }

  // Clients wait instead of failing, also when an answer is lost.
  static bool bears_no_failed_write() {
    const auto& faults = faults_so_far();
    return faults.empty() || (faults.size() == 1 && faults.front().outcome == Outcome::lost_reply);
  }

  // Nothing else went wrong, so who takes it up comes to the end.
  static bool died_once() {
    const auto& faults = faults_so_far();
    return faults.size() == 1 &&
           (faults.front().outcome == Outcome::crash_before || faults.front().outcome == Outcome::crash_after);
  }

  // Who is silent until a deadline may cost clients their patience; so may a server that is restarted, and a second
  // fault: where the undo's RESUME is refused too, its slow part (a reattachment, 8 s) comes before the next try.
  static bool bears_a_long_wait() {
    const auto& faults = faults_so_far();
    return faults.size() > 1 || std::any_of(faults.begin(), faults.end(), [](const auto& one) {
             return one.outcome == Outcome::late || one.outcome == Outcome::restart ||
                    one.outcome == Outcome::source_fails_over || one.outcome == Outcome::target_fails_over;
           });
  }

  bool over() {
    if (universe().journal.empty()) return true;  // it died before it wrote a word
    return program_.is_over(then_back_) || (!universe().history.failed_over.empty() && waits_for_a_person());
  }

  // After a failover only these need one, with the side serving that should (docs/promises.md): the rollback path ends
  // with its slot or its subscription, and a target can't be rewound to a source that failed over since the promotion.
  bool waits_for_a_person() {
    const auto& run = program_.record();
    if (nobody_or_both_serve() || !run.finished || run.open_window() != nullptr) return false;
    const auto& all = universe();
    const auto& failed = all.history.failed_over;
    const bool slot_gone = failed.contains(fence::Owner::target) && !all.target.slots.contains("pgcleave_ci_reverse");
    const bool subscription_gone =
        failed.contains(fence::Owner::source) && !all.source.db.subscriptions.contains("pgcleave_ci_reverse");
    const bool path_ended = all.target.lets_write(moved_table()) && (slot_gone || subscription_gone);
    return path_ended || (!all.history.failed_over_before_promotion &&
                          (last_ + undo_failed()).find("has failed over since the promotion") != std::string::npos);
  }
  static std::string undo_failed() {
    std::string text;
    for (const auto& event : universe().journal) {
      if (event.type == "undo.begun" || event.type == "run.resumed") text.clear();
      if (event.type == "undo.failed") text += "; undo failed: " + event.data.value("text", "");
    }
    return text;
  }

  // Who types `resume` the second time means the direction that the run has.
  void resume_run(int time) {
    const bool by_resume = !then_back_ || (time == 1 && program_.record().rolling_back);
    auto ending = by_resume ? program_.resume() : program_.rollback();
    note(ending);
    // What can't be undone is finished.
    if (ending && ending->text.find("can't be rolled back") != std::string::npos) then_back_ = false;
  }

  static bool nobody_or_both_serve() {
    return universe().source.lets_write(moved_table()) == universe().target.lets_write(moved_table());
  }

  // What is refused has written nothing: then the journal comes back. Else the copy is the journal from now on.
  void take_over_with_copy() {
    auto& all = universe();
    const auto whole = std::exchange(all.journal, *all.copy);
    all.synced = all.journal.size();
    all.goes_by_copy = true;
    resume_run(0);
    all.goes_by_copy = false;
    if (all.journal.size() > all.copy->size()) return;
    all.journal = whole;
    all.synced = whole.size();
  }

  // Everything has reached every member by then; what is lost is what clients were told last.
  static void an_hour_passes() {
    universe().advance(std::chrono::milliseconds(500));
    const auto outcome = choose(Point::calm, "an hour later");
    if (outcome == Outcome::ok) return;
    universe().fail_over(outcome == Outcome::source_fails_over ? fence::Owner::source : fence::Owner::target);
  }

  std::string told(const std::vector<std::string>& wrong) {
    if (wrong.empty()) return "";
    std::string points;
    for (const auto& fault : faults_so_far())
      points += fmt::format("; {} at {} ({})", name_of(fault.outcome), fault.number, fault.point);
    return fmt::format("--only '{} {} {}'{}: {} (last: {}{}{})", name_of(scenario_),
                       chosen_back_ ? "rollback" : "resume", text_of(faults_so_far()), points, fmt::join(wrong, "; "),
                       last_, undo_failed(), repaired_.empty() ? "" : "; repair-owner: " + repaired_);
  }

  Scenario scenario_;
  bool then_back_;
  bool chosen_back_ = false;  // at first
  Program program_;
  std::string last_;
  std::string repaired_;  // what repair-owner said
};

}  // namespace

std::string name_of(const Scenario& scenario) {
  const auto version = scenario.pgbouncer == oldest_version ? "" : fmt::format("@1.{}", scenario.pgbouncer);
  return fmt::format("{}{} {}", scenario.runbook, version, scenario.back ? "back" : "forward");
}

std::string path(const Scenario& scenario, bool then_back) {
  begin_universe(scenario.pgbouncer);
  return Trial(scenario, then_back).run();
}

}  // namespace pgcleave::simulation
