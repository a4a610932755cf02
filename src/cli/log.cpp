#include "base/log.h"

#include <iostream>

#include "base/format.h"
#include "base/lines.h"
#include "cli/asked.h"
#include "cli/complain.h"

namespace pgcleave::cli {
namespace {

std::string time_of(std::int64_t at_us) {
  const std::time_t seconds = at_us / 1'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:02}:{:02}:{:02}.{:06}", parts.tm_hour, parts.tm_min, parts.tm_sec, at_us % 1'000'000);
}

// The parts of an event that a person reads; the rest is in --json.
std::string summary(const Json& data) {
  std::string text;
  for (const char* key :
       {"phase", "step", "uses", "effect", "outcome", "state", "evidence", "text", "why", "by", "ms"}) {
    const auto value = data.find(key);
    if (value == data.end() || (value->is_string() && value->get<std::string>().empty())) continue;
    text += (text.empty() ? "" : "  ") + one_line(value->is_string() ? value->get<std::string>() : to_text(*value));
  }
  return text;
}

ExitCode show(const Arguments& arguments) {
  const auto path = app::journal_path(files_named(arguments));
  if (!path.value) return complain(path.problems);
  const auto journal = journal::Journal::open_to_read(*path.value, Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  const auto run = app::inspected_run(*journal, run_named(arguments));
  if (!run) return complain(run.error());
  const auto events = journal->events(run->id);
  if (!events) return complain(events.error());
  for (const auto& event : *events) {
    if (arguments.flag("json")) {
      std::cout << to_text(Json{{"seq", event.seq},
                                {"run", event.run},
                                {"at_us", event.at_us},
                                {"mono_us", event.mono_us},
                                {"type", event.type},
                                {"data", event.data},
                                {"hash", event.hash}})
                << "\n";
    } else {
      std::cout << fmt::format("{}  {:<17} {}\n", time_of(event.at_us), printable(event.type), summary(event.data));
    }
  }
  // A record that was tampered with must not be read as if it were not.
  if (const auto chain = journal->verify_chain(); !chain) return complain(chain.error());
  return ExitCode::done;
}

}  // namespace

Verb log_verb() {
  using Kind = Option::Kind;
  return {"log",
          "Print a run's journal, event by event, after which the hash chain is checked.",
          {{"RUN", Kind::optional_positional, "run id (default: the run that status shows)"},
           environment_option(false),
           journal_option(),
           json_option()},
          show};
}

}  // namespace pgcleave::cli
