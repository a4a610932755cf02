#include "readiness/process_findings.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/counted.h"
#include "base/fields.h"
#include "base/format.h"
#include "base/outside.h"
#include "base/units.h"
#include "steps/registry.h"

namespace pgcleave::readiness {

namespace {

// "2 rows and 1 column": of what there is.
std::string what_differs(const LastComparison& last) {
  std::vector<std::string> parts;
  if (last.differences() > 0) parts.push_back(counted(last.differences(), "row"));
  if (last.columns() > 0) parts.push_back(counted(last.columns(), "column"));
  return fmt::format("{}", fmt::join(parts, " and "));
}

class ProcessJudge {
 public:
  ProcessJudge(const Change& change, const Evidence& evidence)
      : change_(change), evidence_(evidence), rehearsed_(evidence.rehearsed) {}

  checks::Findings run() {
    journals();
    open_runs();
    rehearsals();
    rows();
    problems();
    forecast(runbook::PhaseKind::window);
    forecast(runbook::PhaseKind::rollback_window);
    signatures();
    return std::move(found_);
  }

 private:
  void add(const char* id, checks::Severity severity, std::string object, std::string evidence, std::string why,
           std::string fix) {
    found_.push_back({std::string("process.") + id, severity, std::move(object), std::move(evidence), "",
                      std::move(why), std::move(fix)});
  }
  [[nodiscard]] std::string runbook() const { return "runbook " + change_.runbook.name; }
  [[nodiscard]] std::string rehearse() const {
    return fmt::format("on staging: pgcleave rehearse {} -e STAGING --times {}", change_.runbook.path,
                       std::max(1, change_.runbook.rehearsal.times));
  }
  static std::string name_of(const Round& round) {
    return fmt::format("{} round {} ({})", round.rehearsal, round.number, round.run.id);
  }

  void journals() {
    for (const auto& why : rehearsed_.unread) {
      add("journal_unread", checks::Severity::warning, "journal", why, "rehearsals that it may hold do not count",
          "correct `rehearsals` in " + change_.environment.path);
    }
  }

  void open_runs() {
    for (const auto& run : evidence_.open_runs) {
      add("run_open", checks::Severity::blocker, "run " + run.id,
          fmt::format("{} on {} is {}", text_in(run.begun, "name"), text_in(run.begun, "environment_name"),
                      run.state(false)),
          "another run of this split is not finished: no new one can begin",
          engine::next_command(run, " -e " + text_in(run.begun, "environment")));
    }
  }

  void rehearsals() {
    const int asked = change_.runbook.rehearsal.times;
    if (rehearsed_.good() < asked) {
      add("too_few_rehearsals", checks::Severity::blocker, runbook(),
          fmt::format("{} good rounds count, {} are asked for", rehearsed_.good(), asked),
          "the run would meet for the first time what a rehearsal shows", rehearse());
      for (const auto why : {Mismatch::runbook, Mismatch::split, Mismatch::binary, Mismatch::age}) not_counting(why);
    }
    if (asked == 0 || rehearsed_.good() == 0) return;
    if (has_rollback() && rehearsed_.rolled_back() == 0) {
      add("rollback_not_rehearsed", checks::Severity::blocker, runbook(),
          fmt::format("none of {} good rounds ran the rollback", rehearsed_.good()),
          "a rollback is needed when everything else is going wrong", rehearse() + " --rollback always");
    }
    if (asks_for_reverse() &&
        std::none_of(rehearsed_.counting.begin(), rehearsed_.counting.end(), reverse_was_proven)) {
      add("reverse_not_proven", checks::Severity::blocker, runbook(),
          "in no round that counts did reverse replication carry a row back to the source",
          "it is not known whether a rollback keeps what the target's clients write", rehearse());
    }
    other_params();
  }

  void not_counting(Mismatch why) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < rehearsed_.others.size(); ++i) {
      if (rehearsed_.why[i] == why) names.push_back(name_of(rehearsed_.others[i]));
    }
    if (names.empty()) return;
    const auto count = names.size();
    constexpr std::size_t shown = 3;
    if (count > shown) names.erase(names.begin(), names.end() - shown);
    static const std::map<Mismatch, const char*> ids{{Mismatch::runbook, "rehearsal_of_other_runbook"},
                                                     {Mismatch::split, "rehearsal_of_other_split"},
                                                     {Mismatch::binary, "rehearsal_by_other_binary"},
                                                     {Mismatch::age, "rehearsal_stale"}};
    add(ids.at(why), checks::Severity::blocker, runbook(),
        fmt::format("{} rounds do not count, being {}; the last: {}", count, text_of(why), fmt::join(names, ", ")),
        "what was rehearsed is not what would be run", rehearse());
  }

  void other_params() {
    for (const auto& round : rehearsed_.counting) {
      if (!round.good || object_in(round.run.begun, "params") == change_.params) continue;
      const auto params = object_in(round.run.begun, "params");
      std::set<std::string> differing;
      for (const auto& [name, value] : change_.params.items()) {
        if (params.value(name, Json()) != value) differing.insert(name);
      }
      add("other_params", checks::Severity::warning, runbook(),
          fmt::format("{} ran with another {}", name_of(round), fmt::join(differing, ", ")),
          "its figures are those of other settings", rehearse());
      return;
    }
  }

  void rows() {
    const auto& last = evidence_.compared;
    if (!last || last->differing() == 0) return;
    add("rows_differ", checks::Severity::warning, "split " + change_.split.name,
        fmt::format("different: {}, in {}, as {} found", what_differs(*last), counted(last->differing(), "table"),
                    last->whose()),
        "nothing repairs them: replication carries only what is written from then on",
        fmt::format("find out why (docs/comparing.md), repair them, then: pgcleave compare -e {}",
                    change_.environment.path));
  }

  void problems() {
    const auto look = [&](const Round& round) {
      if (round.good || !round.solved.empty()) return;
      add("problem_unsolved", checks::Severity::blocker, name_of(round), round.surprise,
          "what went wrong once on staging can go wrong in production",
          fmt::format("find its cause; then: pgcleave solved {} --how '...' --journal {}", round.run.id,
                      round.journal));
    };
    for (const auto& round : rehearsed_.counting) look(round);
    for (std::size_t i = 0; i < rehearsed_.others.size(); ++i) {
      if (rehearsed_.why[i] != Mismatch::age) look(rehearsed_.others[i]);
    }
  }

  void forecast(runbook::PhaseKind window) {
    const auto budget = budget_ms(change_, window);
    const auto pauses = rehearsed_.pauses(window);
    if (budget <= 0 || pauses.count == 0 || pauses.max <= budget) return;
    const bool mostly = pauses.p90 > budget;
    add(mostly ? "forecast_over_budget" : "forecast_near_budget",
        mostly ? checks::Severity::blocker : checks::Severity::warning, runbook::name_of(window),
        fmt::format("p50 {:.0f} ms, p90 {:.0f} ms, max {:.0f} ms in {} rounds; budget {:.0f} ms", pauses.p50,
                    pauses.p90, pauses.max, pauses.count, budget),
        "clients would wait longer than they were promised",
        "look at the rounds with: pgcleave report compare; raise the budget or fix the slowest step");
  }

  void signatures() {
    for (const auto& role : change_.runbook.roles) {
      const bool signed_off = std::any_of(evidence_.signatures.begin(), evidence_.signatures.end(),
                                          [&](const auto& one) { return one.role == role; });
      if (signed_off) continue;
      add("not_signed", checks::Severity::blocker, "role " + role,
          "has not signed for this runbook, split and environment", "who answers for it has not said yes",
          fmt::format("pgcleave sign {} -e {} --role '{}'", change_.runbook.path, change_.environment.path, role));
    }
    signed_by_one();
  }

  // The newest signature of each role counts.
  void signed_by_one() {
    std::map<std::string, std::string> role_of;
    for (const auto& role : change_.runbook.roles) {
      const auto* newest = newest_of(evidence_.signatures, role);
      if (newest == nullptr) continue;
      const auto [before, first] = role_of.emplace(newest->by, role);
      if (first) continue;
      add("signed_by_one", checks::Severity::blocker, "role " + role,
          fmt::format("{} signed for it, and for the role {} too", newest->by, before->second),
          "two roles need two people",
          fmt::format("somebody else: pgcleave sign {} -e {} --role '{}'", change_.runbook.path,
                      change_.environment.path, role));
    }
  }

  [[nodiscard]] bool has_rollback() const {
    return std::any_of(change_.runbook.phases.begin(), change_.runbook.phases.end(),
                       [](const auto& phase) { return phase.is_rollback(); });
  }
  [[nodiscard]] bool asks_for_reverse() const {
    for (const auto& phase : change_.runbook.phases) {
      if (phase.is_rollback()) continue;
      if (std::any_of(phase.steps.begin(), phase.steps.end(),
                      [](const auto& step) { return step.uses == "replication.create_slot_reverse"; }))
        return true;
    }
    return false;
  }
  // A row of the canary reached the source, or a whole rollback did.
  static bool reverse_was_proven(const Round& round) {
    if (round.good && round.rolled_back) return true;
    return std::any_of(round.run.steps.begin(), round.run.steps.end(), [](const auto& step) {
      return step.second.uses == "replication.prove_reverse" && step.second.status == engine::StepStatus::done;
    });
  }

  const Change& change_;
  const Evidence& evidence_;
  const Rehearsed& rehearsed_;
  checks::Findings found_;
};

}  // namespace

checks::Findings process_findings(const Change& change, const Evidence& evidence) {
  return ProcessJudge(change, evidence).run();
}

checks::Finding guard_inside(const TriedOutside& tried) {
  return {"process.guard_inside",
          checks::Severity::note,
          "guard",
          tried.text(),
          "systemd-run --scope cat /proc/self/cgroup",
          "a service that is stopped, a login session that is closed or a memory limit would end the run and its guard "
          "together, and clients "
          "would wait",
          "run pgcleave where systemd is, as root or as a user whose manager stays (loginctl enable-linger), or from a "
          "session that stays"};
}

Result<checks::Findings> process(checks::CheckContext& context) {
  const auto* change = context.change();
  if (change == nullptr) return checks::Findings{};
  auto found = process_findings(*change, evidence_for(*change));
  if (const auto tried = try_outside(context.deadline()); !tried.outside) found.push_back(guard_inside(tried));
  return found;
}

void offer_family() {
  checks::offer({"process", process});
}

}  // namespace pgcleave::readiness
