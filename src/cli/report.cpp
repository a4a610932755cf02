#include "report/report.h"

#include <iostream>

#include "app/change.h"
#include "app/meant_run.h"
#include "app/rounds.h"
#include "base/fields.h"
#include "base/file.h"
#include "base/log.h"
#include "base/version.h"
#include "cli/asked.h"
#include "cli/complain.h"
#include "report/document/render.h"
#include "report/gather.h"
#include "report/metrics.h"

namespace pgcleave::cli {
namespace {

using Renderer = std::string (*)(const report::Document& document);

// --format, or else what the file's name says; Markdown on a terminal.
std::string format_of(const Arguments& arguments) {
  if (const auto given = arguments.text("format"); !given.empty()) return given;
  const auto out = arguments.text("out");
  if (out.ends_with(".html") || out.ends_with(".htm")) return "html";
  return out.ends_with(".json") ? "json" : "md";
}

Renderer renderer_of(const std::string& format) {
  if (format == "html") return report::render_html;
  if (format == "json") return report::render_json;
  return format == "md" || format == "markdown" ? report::render_markdown : nullptr;
}

report::Made made_now() {
  return {utc_now_us(), version()};
}

ExitCode put_out(const Arguments& arguments, const report::Document& document) {
  const auto text = renderer_of(format_of(arguments))(document);
  const auto out = arguments.text("out");
  if (out.empty() || out == "-") {
    std::cout << text;
    return ExitCode::done;
  }
  if (const auto written = replace_file(out, text, out); !written) return complain(written.error());
  log::info(out + ": written");
  return ExitCode::done;
}

ExitCode report_run(const Arguments& arguments, const journal::Journal& journal) {
  const auto subjects = arguments.list("SUBJECT");
  const auto run = app::inspected_run(journal, {subjects.empty() ? "" : subjects.front(), files_named(arguments)});
  if (!run) return complain(run.error());
  const auto events = journal.events(run->id);
  if (!events) return complain(events.error());
  const bool alive = !run->finished && journal::SplitLock::is_held(journal.path(), text_in(run->begun, "split_name"));
  const auto chain = report::chain_of(journal);
  const auto story = report::tell(*events);
  const auto written =
      put_out(arguments, report::run_report(story, alive, report::samples_around(journal, story), chain, made_now()));
  return chain.broken.empty() ? written : ExitCode::not_ready;
}

// The runs that are named, or else the rounds of a rehearsal.
Result<std::vector<report::ComparedRound>> rounds_asked(const Arguments& arguments, const journal::Journal& journal) {
  const auto ids = arguments.list("SUBJECT");
  if (ids.empty()) {
    const auto rehearsal = arguments.text("rehearsal");
    TRY_ASSIGN(const auto rounds, app::rounds_of(journal, rehearsal.empty() ? "last" : rehearsal));
    return report::compared(rounds);
  }
  std::vector<report::ComparedRound> rounds;
  for (const auto& id : ids) {
    TRY_ASSIGN(const auto run, app::find_run(journal, id));
    TRY_ASSIGN(auto round, report::compared(journal, run));
    rounds.push_back(std::move(round));
  }
  return rounds;
}

ExitCode report_compare(const Arguments& arguments, const journal::Journal& journal) {
  const auto rounds = rounds_asked(arguments, journal);
  if (!rounds) return complain(rounds.error());
  if (rounds->empty())
    return complain(Error{ErrorKind::not_ready, journal.path(), "holds no round of a rehearsal", "", "",
                          "name runs, or rehearse first", ""});
  const auto chain = report::chain_of(journal);
  const auto name = text_in(rounds->front().story.record.begun, "name");
  std::vector<report::Section> more;
  const auto& last = rounds->back().story;
  if (auto section = report::before_after_section(last, report::samples_around(journal, last)))
    more.push_back(std::move(*section));
  const auto written =
      put_out(arguments, report::compare_report(*rounds, name + ", round by round", more, chain, made_now()));
  return chain.broken.empty() ? written : ExitCode::not_ready;
}

ExitCode report_readiness(const Arguments& arguments) {
  const auto subjects = arguments.list("SUBJECT");
  if (subjects.size() != 1 || arguments.text("environment").empty()) {
    return complain(Error{ErrorKind::invalid, "report readiness", "takes a runbook and an environment",
                          "pgcleave report readiness RUNBOOK -e ENVIRONMENT", "", "", ""});
  }
  const auto change = app::read_change(change_named(arguments, subjects.front()));
  if (!change.value) return complain(change.problems);
  const auto readiness = report::gather(*change.value);
  if (!readiness) return complain(readiness.error());
  const auto written = put_out(arguments, report::readiness_report(*readiness, made_now()));
  if (written != ExitCode::done) return written;
  return checks::count(report::findings_of(*readiness), checks::Severity::blocker) == 0 ? ExitCode::done
                                                                                        : ExitCode::not_ready;
}

ExitCode make(const Arguments& arguments) {
  if (renderer_of(format_of(arguments)) == nullptr) {
    return complain(Error{ErrorKind::invalid, "--format " + arguments.text("format"), "is not a form of a report",
                          "html, md or json", "", "", ""});
  }
  const auto what = arguments.text("WHAT");
  if (what == "readiness") return report_readiness(arguments);
  if (what != "run" && what != "compare") {
    return complain(
        Error{ErrorKind::invalid, "report " + what, "is not a report", "readiness, run or compare", "", "", ""});
  }
  const auto path = app::journal_path(files_named(arguments));
  if (!path.value) return complain(path.problems);
  const auto journal = journal::Journal::open_to_read(*path.value, Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  return what == "run" ? report_run(arguments, *journal) : report_compare(arguments, *journal);
}

}  // namespace

Verb report_verb() {
  using Kind = Option::Kind;
  return {"report",
          "Report from the journal: whether all is ready (readiness RUNBOOK), what a run did (run [RUN]), or rounds "
          "beside each other "
          "(compare).",
          {{"WHAT", Kind::positional, "readiness, run or compare"},
           {"SUBJECT", Kind::several,
            "readiness: the runbook file; run: a run id (default: the run that status shows); compare: run ids"},
           {"--format", Kind::value, "html, md or json (default: by the name of --out, else md)"},
           {"--out", Kind::value, "file (default: standard output)"},
           {"--rehearsal", Kind::value, "compare: the rounds of this one (default: last)"},
           environment_option(false),
           {"--split", Kind::value, "readiness: split file (default: the environment's)"},
           set_option(),
           journal_option()},
          make};
}

}  // namespace pgcleave::cli
