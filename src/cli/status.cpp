#include "app/status.h"

#include <algorithm>
#include <cctype>
#include <iostream>

#include "app/interrupt.h"
#include "app/monitored.h"
#include "app/run_jobs.h"
#include "base/fields.h"
#include "base/format.h"
#include "base/lines.h"
#include "cli/asked.h"
#include "cli/complain.h"
#include "cli/split_words.h"

namespace pgcleave::cli {
namespace {

void print(const engine::RunRecord& run, bool alive, const app::FilesNamed& files) {
  const auto& begun = run.begun;
  const auto said = [&](const char* key) { return printable(text_in(begun, key)); };
  std::cout << fmt::format("run {}  {}\n", printable(run.id), printable(run.state(alive)));
  std::cout << fmt::format("  {} on {} ({}), split {}, by {}\n", said("name"), said("environment_name"), said("class"),
                           said("split_name"), said("operator"));
  std::cout << fmt::format("  phase {}{}\n", engine::name_or_nothing(run.phase),
                           run.serves ? fmt::format(", {} serves", name_of(*run.serves)) : "");
  for (const auto& id : run.order) {
    const auto& step = run.steps.at(id);
    std::cout << fmt::format(
        "    {:<18} {:<24} {:<28} {:<11} {}\n", engine::name_or_nothing(step.phase), printable(id),
        printable(step.uses), engine::name_of(step.status),
        step.status == engine::StepStatus::done ? fmt::format("{:.1f} ms", step.ms) : one_line(step.note));
  }
  for (const auto& [phase, window] : run.windows) {
    std::cout << fmt::format("  {}: {}, {} (budget {:.0f} ms){}\n", name_of(phase),
                             window.open ? "OPEN" : engine::name_or_nothing(window.outcome),
                             window.pause_ms > 0        ? fmt::format("clients waited {:.1f} ms", window.pause_ms)
                             : window.paused_at_us == 0 ? "no client had to wait"
                                                        : "how long clients waited is not known",
                             window.budget_ms,
                             window.watched ? fmt::format(", one saw {:.1f} ms of outage, all on average {:.1f}",
                                                          window.outage_ms, window.mean_outage_ms)
                                            : "");
  }
  for (const auto& miss : run.misses) std::cout << "  missed: " << one_line(miss) << "\n";
  const auto next = alive ? std::string() : engine::next_command(run, files.again(text_in(begun, "environment")));
  if (!next.empty()) std::cout << "  next: " << printable(next) << "\n";
}

void print(const app::Status& status, const app::FilesNamed& files) {
  const auto& json = status.json;
  for (const auto& split : json.at("splits")) print_split_status(split);
  print(status.run, status.alive, files);
  for (const auto& job : json.value("jobs", Json::array())) std::cout << "  " << app::job_in_words(job) << "\n";
  if (json.contains("owners")) print_owners(json.at("owners"));
  if (json.contains("rollback_path") && !status.told_by_split) print_rollback_path(json.at("rollback_path"));
}

ExitCode show_before_runs(const std::string& journal, const app::FilesNamed& files, bool as_json) {
  const auto status = app::status_before_runs(journal, files);
  if (!status) return complain(status.error());
  if (as_json) {
    std::cout << to_text(*status, 2) << "\n";
    return ExitCode::done;
  }
  for (const auto& split : status->at("splits")) print_split_status(split);
  return ExitCode::done;
}

// One line for a monitor, and its exit code: 0 ok, 1 warning, 2 critical, 3 unknown.
ExitCode tell_monitor(app::Alert alert, const std::vector<app::Monitored>& splits, std::string text, bool as_json) {
  if (as_json) {
    Json list = Json::array();
    for (const auto& split : splits) list.push_back(split.json());
    std::cout << to_text(Json{{"alert", app::name_of(alert)}, {"text", text}, {"splits", list}}, 2) << "\n";
  } else {
    std::string word = app::name_of(alert);
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::toupper(c); });
    std::cout << "PGCLEAVE " << word << ": " << printable(one_line(text)) << "\n";
  }
  return static_cast<ExitCode>(alert);
}

ExitCode show_monitor(const app::RunNamed& named, bool as_json) {
  const auto unknown = [&](const std::string& why) { return tell_monitor(app::Alert::unknown, {}, why, as_json); };
  const auto path = app::journal_path(named.files);
  if (!path.value) return unknown(path.problems.front().text());
  const auto none = app::holds_no_run(*path.value);
  if (!none) return unknown(none.error().text());
  if (*none) return tell_monitor(app::Alert::ok, {}, "no run is in journal " + *path.value, as_json);
  const auto journal = journal::Journal::open_to_read(*path.value, Deadline::in(std::chrono::seconds(5)));
  if (!journal) return unknown(journal.error().text());
  const auto splits = app::monitored(*journal, named);
  if (!splits) return unknown(splits.error().text());
  std::vector<std::string> texts;
  for (const auto& one : *splits)
    texts.push_back(fmt::format("split {} on {}: {}", one.split, one.environment, one.text));
  const auto worst = splits->empty() ? app::Alert::ok : splits->front().alert;
  return tell_monitor(worst, *splits, fmt::format("{}", fmt::join(texts, "; ")), as_json);
}

ExitCode show_status(const Arguments& arguments) {
  const auto named = run_named(arguments);
  if (arguments.flag("check")) return show_monitor(named, arguments.flag("json"));
  const auto path = app::journal_path(named.files);
  if (!path.value) return complain(path.problems);
  if (named.id.empty() && !named.files.environment.empty()) {
    const auto none = app::holds_no_run(*path.value);
    if (!none) return complain(none.error());
    if (*none) return show_before_runs(*path.value, named.files, arguments.flag("json"));
  }
  auto journal = journal::Journal::open_to_read(*path.value, Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  std::string shown;
  while (true) {
    const auto status = app::status(*journal, named);
    if (!status) return complain(status.error());
    const auto now = to_text(status->json, 2);
    if (now != shown) {
      if (arguments.flag("json")) {
        std::cout << now << "\n";
      } else {
        if (status->alarm) std::cout << "ALARM: " << printable(*status->alarm) << "\n";
        print(*status, named.files);
      }
      std::cout.flush();
    }
    shown = now;
    if (!arguments.flag("watch") || !status->alive || !std::cout) return ExitCode::done;
    if (!sleep_until(Deadline::in(std::chrono::milliseconds(500)), std::chrono::milliseconds(500), &app::stop_flag()))
      return ExitCode::done;
  }
}

}  // namespace

Verb status_verb() {
  using Kind = Option::Kind;
  return {"status",
          "Show each split: who serves, since when, by which run, and the rollback path; and a run, step by step, with "
          "the command to type next.",
          {{"RUN", Kind::optional_positional,
            "run id (default: one that is not finished, else the run that holds the split)"},
           {"--check", Kind::flag,
            "one line for monitors such as Nagios, with exit code 0 ok, 1 warning, 2 critical or 3 unknown: reads the "
            "journal only, asks no server and needs no secret"},
           {"--watch", Kind::flag, "show it again when it changes, until its process ends"},
           environment_option(false),
           journal_option(),
           json_option()},
          show_status};
}

}  // namespace pgcleave::cli
