#include <algorithm>
#include <iostream>

#include "app/change.h"
#include "app/rehearsal.h"
#include "base/format.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/asked.h"
#include "cli/complain.h"
#include "cli/next.h"
#include "cli/rounds.h"
#include "cli/talk.h"

namespace pgcleave::cli {
namespace {

using app::GoBack;
using app::RehearsalAsked;

constexpr int most_rounds = 100;

Error wrong(const std::string& option, const std::string& what, const std::string& expected, const std::string& seen) {
  return {ErrorKind::invalid, option, what, expected, seen, "", ""};
}

bool takes_ownership(const runbook::Runbook& runbook) {
  return std::any_of(runbook.phases.begin(), runbook.phases.end(),
                     [](const auto& phase) { return phase.kind == runbook::PhaseKind::window; });
}

Result<GoBack> go_back_named(const std::string& name) {
  if (name.empty()) return GoBack::always;
  for (const auto rounds : {GoBack::always, GoBack::last, GoBack::never}) {
    if (name == name_of(rounds)) return rounds;
  }
  return fail(wrong("--rollback", "can't be that", "always, last or never", name));
}

Result<RehearsalAsked> asked(const Arguments& arguments, const runbook::Change& change) {
  RehearsalAsked asked;
  asked.times = change.runbook.rehearsal.times;
  if (const auto times = arguments.text("times"); !times.empty()) {
    const bool number =
        times.size() <= 3 && std::all_of(times.begin(), times.end(), [](char c) { return c >= '0' && c <= '9'; });
    asked.times = number ? std::stoi(times) : 0;
  }
  if (asked.times < 1 || asked.times > most_rounds)
    return fail(
        wrong("--times", "can't be that", fmt::format("a number from 1 to {}", most_rounds), arguments.text("times")));
  if (const auto hold = arguments.text("hold"); !hold.empty()) {
    TRY_ASSIGN(asked.hold, parse_duration(hold));
  }
  asked.load = arguments.text("load");
  asked.keep_going = arguments.flag("keep-going");
  TRY_ASSIGN(asked.back, go_back_named(arguments.text("rollback")));
  if (asked.back != GoBack::always && asked.times > 1 && takes_ownership(change.runbook)) {
    return fail({ErrorKind::invalid, std::string("--rollback ") + name_of(asked.back),
                 "goes with one round only: a second one can't begin while the target serves", "",
                 fmt::format("--times {}", asked.times), "leave it out, or say --times 1", ""});
  }
  return asked;
}

ExitCode rehearse(const Arguments& arguments) {
  const auto read = app::read_change(change_named(arguments, arguments.text("RUNBOOK")));
  if (!read.value) return complain(read.problems);
  const auto* change = &*read.value;
  if (change->environment.production) {
    return complain(
        Error{ErrorKind::invalid, "environment " + change->environment.name,
              "is of class production: nothing is rehearsed there", "", "",
              "rehearse on staging, and name that journal under `rehearsals` in " + change->environment.path, ""});
  }
  if (auto errors = app::unusable_files(*change); !errors.empty()) return complain(app::last_of(std::move(errors)));
  const auto what = asked(arguments, *change);
  if (!what) return complain(what.error());
  auto journal = journal::Journal::open(change->journal, Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  const auto files = files_named(arguments);
  auto speech = talk(files.again(files.environment));
  speech.ask = nullptr;  // nobody is asked
  app::Rehearsal rehearsal(*journal, *change, *what, speech);
  if (const auto done = rehearsal.run(); !done) return complain(done.error());
  const auto rounds = app::rounds_of(*journal, rehearsal.id());
  if (!rounds) return complain(rounds.error());
  if (arguments.flag("json")) {
    std::cout << to_text(Json{{"rehearsal", rehearsal.id()},
                              {"stopped", rehearsal.stopped()},
                              {"rounds", cli::json_of(*rounds)}},
                         2)
              << "\n";
  } else {
    cli::print(*rounds);
  }
  const auto line = rehearsal.stopped().empty()
                        ? fmt::format("rehearsal {}: {} rounds", rehearsal.id(), rounds->size())
                        : fmt::format("rehearsal {}: stopped: {}", rehearsal.id(), rehearsal.stopped());
  const bool done = rehearsal.exit() == ExitCode::done;
  done ? log::info(line) : log::warn(line);
  if (!arguments.flag("json"))
    say_next(done ? fmt::format("pgcleave report readiness {}{} --out readiness.html",
                                in_shell(arguments.text("RUNBOOK")), same_files(arguments))
                  : "pgcleave runs --rehearsal last -e " + in_shell(arguments.text("environment")));
  return rehearsal.exit();
}

}  // namespace

Verb rehearse_verb() {
  using Kind = Option::Kind;
  return {"rehearse",
          "Run a runbook on staging and go back, round after round, with nobody asked; by the same code as run.",
          {{"RUNBOOK", Kind::positional, "runbook file, or the name of a shipped one"},
           environment_option(true),
           {"--times", Kind::value, "rounds (default: as many as the runbook asks for)"},
           {"--rollback", Kind::value, "always (the default), last or never"},
           {"--hold", Kind::value, "how long the target serves before the rollback (default 5s)"},
           {"--load", Kind::value, "a shell command that loads the database meanwhile"},
           {"--keep-going", Kind::flag, "go on past a surprise"},
           {"--split", Kind::value, "split file (default: the environment's)"},
           set_option(),
           journal_option(),
           json_option()},
          rehearse};
}

}  // namespace pgcleave::cli
