#include "app/metrics.h"

#include <filesystem>
#include <iostream>

#include "app/status.h"
#include "base/deadline.h"
#include "base/file.h"
#include "cli/asked.h"
#include "cli/complain.h"

namespace pgcleave::cli {
namespace {

Result<std::string> metrics_of(const std::string& path, const app::RunNamed& named) {
  TRY_ASSIGN(const bool none, app::holds_no_run(path));
  if (none) return app::metrics_of_no_run();
  TRY_ASSIGN(const auto journal, journal::Journal::open_to_read(path, Deadline::in(std::chrono::seconds(5))));
  return app::metrics(journal, named, utc_now_us());
}

ExitCode tell_metrics(const Arguments& arguments) {
  const app::RunNamed named{"", files_named(arguments)};
  const auto path = app::journal_path(named.files);
  if (!path.value) return complain(path.problems);
  const auto text = metrics_of(*path.value, named);
  if (!text) return complain(text.error());
  const auto& file = arguments.text("to");
  if (file.empty()) {
    std::cout << *text;
    return ExitCode::done;
  }
  const bool is_new = !exists(file);
  const auto written = replace_file(file, *text, file);
  if (!written) return complain(written.error());
  // The collector is another user.
  using std::filesystem::perms;
  std::error_code error;
  if (is_new)
    std::filesystem::permissions(file, perms::owner_read | perms::owner_write | perms::group_read | perms::others_read,
                                 error);
  if (error)
    return complain({ErrorKind::failed, file, "others can't be let read it: " + error.message(), "", "", "", ""});
  return ExitCode::done;
}

}  // namespace

Verb metrics_verb() {
  using Kind = Option::Kind;
  return {"metrics",
          "Print what Prometheus should know, in its text format: runs, steps, pauses, lag, findings and the last "
          "comparison. Reads the journal only, asks no server and needs no secret.",
          {{"--to", Kind::value,
            "write it into this file instead, which is replaced at once: for node_exporter's textfile collector"},
           environment_option(false),
           journal_option()},
          tell_metrics};
}

}  // namespace pgcleave::cli
