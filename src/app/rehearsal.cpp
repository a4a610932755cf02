#include "app/rehearsal.h"

#include <algorithm>

#include "app/begin.h"
#include "app/change.h"
#include "app/identity.h"
#include "app/interrupt.h"
#include "app/meant_run.h"
#include "app/resume.h"
#include "base/fields.h"
#include "base/format.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/units.h"
#include "base/version.h"
#include "journal/words/outcomes.h"

namespace pgcleave::app {

namespace {

// A cluster that has just been reattached may need a moment until all of its members are there, and on one timeline.
constexpr auto settling = std::chrono::seconds(60);
constexpr auto look_again = std::chrono::seconds(1);
// Families that say the same when everything is as it was; workload and process go with the load and the clock.
const std::vector<std::string> lasting{"topology", "settings", "schema", "fence"};
// Which side serves, and which is a standby, is another now: only these still say the same.
const std::vector<std::string> also_while_split{"fence"};

bool asked_to_stop() {
  return stop_flag().requested();
}

}  // namespace

Rehearsal::Rehearsal(journal::Journal& journal, const runbook::Change& change, RehearsalAsked asked,
                     engine::RunOutput speech)
    : journal_(journal),
      change_(change),
      asked_(std::move(asked)),
      speech_(std::move(speech)),
      id_(journal::new_id("h")) {}

Result<void> Rehearsal::write(const std::string& type, const Json& data) {
  TRY(journal_.append(id_, type, data, journal::Durability::disk));
  return {};
}

Answers Rehearsal::approve_all() const {
  return [by = operator_name(), id = id_](const world::Question& question) -> std::optional<world::Approval> {
    return world::Approval{true, by, "by rehearsal " + id, question.words};
  };
}

struct Rehearsal::LookOfRound {
  const char* when;
  const std::vector<std::string>& families;
  checks::Severity least;  // of what is a surprise
  Duration patience;
};

void Rehearsal::look_after_cutover(RoundSeen& seen) {
  look(seen, {"after_cutover", also_while_split, checks::Severity::blocker, Duration::zero()});
}

// All is as it was, or the rollback left something behind.
void Rehearsal::look_after_rollback(RoundSeen& seen) {
  look(seen, {"after_rollback", lasting, checks::Severity::warning, settling});
}

void Rehearsal::look(RoundSeen& seen, const LookOfRound& look) {
  const auto deadline = Deadline::in(look.patience);
  std::vector<std::string> found;
  do {
    const auto now = findings_now(change_, look.families);
    if (!now) {
      found = {now.error().text()};
      break;
    }
    found = picture_.new_in(*now, look.least);
    seen.checks[look.when] = {{"blockers", checks::count(*now, checks::Severity::blocker)},
                              {"warnings", checks::count(*now, checks::Severity::warning)}};
  } while (!found.empty() && !deadline.passed() && sleep_until(deadline, look_again, &stop_flag()));
  for (const auto& title : found) seen.surprises.push_back(fmt::format("{}: {}", look.when, title));
}

// What was there before the first round is no surprise after it.
Result<void> Rehearsal::remember_how_it_was() {
  TRY_ASSIGN(const auto found, findings_now(change_, lasting));
  picture_ = checks::Picture(found);
  for (const auto& finding : found) {
    if (finding.severity != checks::Severity::blocker) continue;
    known_blockers_.push_back(checks::title_of(finding));
    log::warn("found before the first round: " + printable(known_blockers_.back()));
  }
  return {};
}

Result<void> Rehearsal::run() {
  TRY(remember_how_it_was());
  TRY(write("rehearsal.begun", {{"runbook", change_.runbook.path},
                                {"name", change_.runbook.name},
                                {"sha256", change_.runbook.sha256},
                                {"params", change_.params},
                                {"environment_name", change_.environment.name},
                                {"class", "staging"},
                                {"split_name", change_.split.name},
                                {"split_sha256", sha256(change_.split.text)},
                                {"version", version()},
                                {"binary_sha256", change_.binary_sha256},
                                {"times", asked_.times},
                                {"rollback", name_of(asked_.back)},
                                {"hold_ms", milliseconds(asked_.hold)},
                                {"load", asked_.load},
                                {"known_blockers", known_blockers_},
                                {"operator", operator_name()},
                                {"host", host_name()}}));
  if (!asked_.load.empty()) {
    TRY_ASSIGN(auto load, Load::begin(asked_.load, journal_.path() + ".load.log"));
    load_.emplace(std::move(load));
  }
  for (int number = 1; number <= asked_.times && stopped_.empty(); ++number) TRY(round(number));
  return write("rehearsal.finished",
               {{"outcome", stopped_.empty() ? "done" : "stopped"}, {"rounds", rounds_.size()}, {"text", stopped_}});
}

Result<void> Rehearsal::round(int number) {
  if (speech_.say) speech_.say(fmt::format("round {} of {}", number, asked_.times));
  RoundSeen seen;
  seen.number = number;
  TRY(forth(seen));
  const bool there = seen.run.outcome == journal::RunOutcome::done;
  if (seen.run.is_open() || there) {
    if (there) hold(seen);
    const bool goes_back = asked_.back == GoBack::always || (asked_.back == GoBack::last && number == asked_.times);
    if (goes_back || !there) TRY(back(seen));
  }
  inspect_windows(seen);
  if (load_) {
    if (const auto why = load_->ended()) seen.surprises.push_back(*why);
  }
  const bool good = seen.surprises.empty();
  for (const auto& surprise : seen.surprises) log::warn(fmt::format("round {}: {}", number, printable(surprise)));
  TRY(write("rehearsal.round", {{"round", number},
                                {"run", seen.run.id},
                                {"outcome", good ? "good" : "surprise"},
                                {"rolled_back", seen.rolled_back},
                                {"text", fmt::format("{}", fmt::join(seen.surprises, "; "))},
                                {"checks", seen.checks}}));
  if (seen.run.is_open()) {
    stopped_ = fmt::format("run {} is {}: {}", seen.run.id, seen.run.state(false),
                           engine::next_command(seen.run, speech_.again));
  } else if (asked_to_stop() && number < asked_.times) {
    stopped_ = "was asked to stop";
  } else if (!good && !asked_.keep_going && number < asked_.times) {
    stopped_ = fmt::format("round {} brought a surprise; --keep-going goes on", number);
  }
  rounds_.push_back(std::move(seen));
  return {};
}

Result<void> Rehearsal::forth(RoundSeen& seen) {
  const auto approver = [&](const std::string&, const engine::RunOutput&) { return approve_all(); };
  TRY_ASSIGN(const auto acted, begin(journal_, change_, {id_, seen.number}, speech_, approver));
  TRY_ASSIGN(seen.run, find_run(journal_, acted.run));
  if (acted.ending.exit != engine::ExitCode::done) seen.surprises.push_back("cutover: " + acted.ending.text);
  if (seen.run.outcome == journal::RunOutcome::done) look_after_cutover(seen);
  return {};
}

Result<void> Rehearsal::back(RoundSeen& seen) {
  // Who asks to stop gets the rollback all the same: a rehearsal leaves nothing behind.
  const bool was_asked = asked_to_stop();
  stop_flag().clear();
  const auto approver = [&](const std::string&, const engine::RunOutput&) { return approve_all(); };
  const auto acted = act_on(journal_, seen.run.id, change_.environment.path, {.back = true}, speech_, approver);
  TRY_ASSIGN(seen.run, find_run(journal_, seen.run.id));
  if (!acted) {
    seen.surprises.push_back("rollback: " + acted.error().text());
  } else if (acted->ending.exit != engine::ExitCode::done) {
    seen.surprises.push_back("rollback: " + acted->ending.text);
  }
  seen.rolled_back = seen.run.outcome == journal::RunOutcome::rolled_back;
  if (seen.rolled_back) look_after_rollback(seen);
  if (was_asked) stop_flag().request();
  return {};
}

void Rehearsal::hold(RoundSeen& seen) const {
  if (asked_.hold == Duration::zero()) return;
  if (speech_.say) speech_.say(fmt::format("holding for {}", to_text(asked_.hold)));
  const auto deadline = Deadline::in(asked_.hold);
  if (!sleep_until(deadline, std::chrono::milliseconds(200), &stop_flag()))
    seen.surprises.emplace_back("was asked to stop while it was held");
}

// What a client saw is a surprise when it was an error, a write on the wrong side, or longer than promised.
void Rehearsal::inspect_windows(RoundSeen& seen) {
  const auto events = journal_.events(seen.run.id);
  if (!events) return;
  for (const auto& event : *events) {
    if (event.type != "window.watched") continue;
    const auto phase = text_in(event.data, "phase");
    const auto errors = small_in(event.data, "errors");
    const auto wrong = small_in(event.data, "wrong_side");
    const auto outage = number_in(event.data, "outage_ms");
    if (errors > 0) seen.surprises.push_back(fmt::format("{}: the probe saw {} errors", phase, errors));
    if (wrong > 0)
      seen.surprises.push_back(
          fmt::format("{}: {} writes were taken by the side that did not serve any more", phase, wrong));
    const auto kind = runbook::phase_named(phase);
    const auto window = kind ? seen.run.windows.find(*kind) : seen.run.windows.end();
    if (window != seen.run.windows.end() && outage > window->second.budget_ms)
      seen.surprises.push_back(fmt::format("{}: a client saw {:.0f} ms of outage, the budget is {:.0f} ms", phase,
                                           outage, window->second.budget_ms));
  }
}

const char* name_of(GoBack rounds) {
  switch (rounds) {
    case GoBack::always: return "always";
    case GoBack::last: return "last";
    case GoBack::never: return "never";
  }
  return "";
}

engine::ExitCode Rehearsal::exit() const {
  using engine::ExitCode;
  if (!rounds_.empty() && rounds_.back().run.is_open()) return ExitCode::needs_person;
  const bool good = stopped_.empty() && std::all_of(rounds_.begin(), rounds_.end(),
                                                    [](const auto& round) { return round.surprises.empty(); });
  return good ? ExitCode::done : ExitCode::done_with_misses;
}

using readiness::Round;

Result<std::vector<Round>> rounds_of(const journal::Journal& journal, const std::string& rehearsal) {
  TRY_ASSIGN(auto all, readiness::rounds_in(journal));
  if (all.empty())
    return fail({ErrorKind::invalid, journal.path(), "holds no rehearsal", "", "",
                 "begin one with: pgcleave rehearse RUNBOOK -e ENVIRONMENT", ""});
  const auto wanted = rehearsal == "last" ? all.back().rehearsal : rehearsal;
  std::erase_if(
      all, [&](const Round& round) { return round.rehearsal != wanted && !round.rehearsal.ends_with("-" + wanted); });
  if (all.empty())
    return fail({ErrorKind::invalid, "rehearsal " + wanted, "there is no such rehearsal, or it has no round yet", "",
                 "", "the newest: pgcleave runs --rehearsal last", ""});
  return all;
}

}  // namespace pgcleave::app
