#include <iostream>

#include "app/change.h"
#include "app/meant_run.h"
#include "app/reports.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/asked.h"
#include "cli/complain.h"
#include "cli/next.h"
#include "report/document/render.h"

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

ExitCode put_out(const Arguments& arguments, const Result<app::ReportMade>& made) {
  if (!made) return complain(made.error());
  const auto after = made->sound ? ExitCode::done : ExitCode::not_ready;
  const auto text = renderer_of(format_of(arguments))(made->document);
  const auto out = arguments.text("out");
  if (out.empty() || out == "-") {
    std::cout << text;
    return after;
  }
  if (const auto written = replace_file(out, text, out); !written) return complain(written.error());
  log::info(out + ": written");
  return after;
}

ExitCode report_readiness(const Arguments& arguments) {
  const auto subjects = arguments.list("SUBJECT");
  if (subjects.size() != 1 || arguments.text("environment").empty()) {
    return complain(Error{ErrorKind::invalid, "report readiness", "takes a runbook and an environment",
                          "pgcleave report readiness RUNBOOK -e ENVIRONMENT", "", "", ""});
  }
  const auto change = app::read_change(change_named(arguments, subjects.front()));
  if (!change.value) return complain(change.problems);
  const auto made = app::report_of_readiness(*change.value);
  const auto exit = put_out(arguments, made);
  if (!made || format_of(arguments) == "json") return exit;
  // On staging a run needs no verdict.
  const bool may_run = made->sound || !change.value->environment.production;
  say_next(may_run ? "pgcleave run " + in_shell(subjects.front()) + same_files(arguments)
                   : "pgcleave check --runbook " + in_shell(subjects.front()) + same_files(arguments));
  return exit;
}

ExitCode report_run(const Arguments& arguments, const journal::Journal& journal) {
  const auto subjects = arguments.list("SUBJECT");
  const auto run = app::inspected_run(journal, {subjects.empty() ? "" : subjects.front(), files_named(arguments)});
  if (!run) return complain(run.error());
  return put_out(arguments, app::report_of_run(journal, *run));
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
  if (what == "run") return report_run(arguments, *journal);
  return put_out(arguments, app::report_of_rounds(*journal, arguments.list("SUBJECT"), arguments.text("rehearsal")));
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
