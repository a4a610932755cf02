#include "report/report.h"

#include <chrono>
#include <iostream>

#include "base/file.h"
#include "base/log.h"
#include "cli/session.h"
#include "report/render.h"

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
  return {std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count(),
          PGCLEAVE_VERSION};
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

report::Chain chain_of(const journal::Journal& journal) {
  report::Chain chain{journal.path(), journal.head().value_or(""), ""};
  if (const auto whole = journal.verify_chain(); !whole) chain.broken = whole.error().text();
  return chain;
}

ExitCode report_run(const Arguments& arguments, const journal::Journal& journal) {
  const auto subjects = arguments.list("SUBJECT");
  const auto run = find_run(journal, subjects.empty() ? "" : subjects.front());
  if (!run) return complain(run.error());
  const auto events = journal.events(run->id);
  if (!events) return complain(events.error());
  const bool alive = !run->finished && journal::SplitLock::is_held(journal.path(), run->begun.value("split_name", std::string()));
  const auto chain = chain_of(journal);
  const auto written = put_out(arguments, report::run_report(report::tell(*events), alive, chain, made_now()));
  return chain.broken.empty() ? written : ExitCode::not_ready;
}

Result<report::ComparedRound> round_of(const journal::Journal& journal, const std::string& id, const std::string& label) {
  TRY_ASSIGN(const auto run, find_run(journal, id));
  TRY_ASSIGN(const auto events, journal.events(run.id));
  report::ComparedRound round{label.empty() ? "run " + run.id.substr(run.id.rfind('-') + 1) : label, report::tell(events)};
  round.rolled_back = run.outcome == "rolled_back";
  round.good = (run.outcome == "done" || round.rolled_back) && run.misses.empty();
  if (!round.good) round.surprise = round.story.ending;
  return round;
}

ExitCode report_compare(const Arguments& arguments, const journal::Journal& journal) {
  std::vector<report::ComparedRound> rounds;
  for (const auto& id : arguments.list("SUBJECT")) {
    auto round = round_of(journal, id, "");
    if (!round) return complain(round.error());
    rounds.push_back(std::move(*round));
  }
  const auto chain = chain_of(journal);
  const auto written = put_out(arguments, report::compare_report(rounds, "Runs compared", {}, chain, made_now()));
  return chain.broken.empty() ? written : ExitCode::not_ready;
}

ExitCode make(const Arguments& arguments) {
  if (renderer_of(format_of(arguments)) == nullptr) {
    return complain(
        Error{ErrorKind::invalid, "--format " + arguments.text("format"), "is not a form of a report", "html, md or json", "", "", ""});
  }
  const auto path = journal_path(arguments);
  if (!path) return ExitCode::invalid;
  const auto journal = journal::Journal::open_to_read(*path, Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  const auto what = arguments.text("WHAT");
  if (what == "run") return report_run(arguments, *journal);
  if (what == "compare") return report_compare(arguments, *journal);
  return complain(Error{ErrorKind::invalid, "report " + what, "is not a report", "readiness, run or compare", "", "", ""});
}

}  // namespace

Verb report_verb() {
  using Kind = Option::Kind;
  return {"report",
          "Report from the journal: whether all is ready (readiness RUNBOOK), what a run did (run [RUN]), or rounds beside each other "
          "(compare).",
          {{"WHAT", Kind::positional, "readiness, run or compare"},
           {"SUBJECT", Kind::several, "readiness: the runbook file; run: a run id (default: the newest); compare: run ids"},
           {"--format", Kind::value, "html, md or json (default: by the name of --out, else md)"},
           {"--out", Kind::value, "file (default: standard output)"},
           environment_option(false),
           journal_option()},
          make};
}

}  // namespace pgcleave::cli
