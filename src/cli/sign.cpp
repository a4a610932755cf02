#include "app/sign.h"

#include "app/change.h"
#include "base/format.h"
#include "base/log.h"
#include "cli/asked.h"
#include "cli/complain.h"

namespace pgcleave::cli {
namespace {

ExitCode sign(const Arguments& arguments) {
  const auto read = app::read_change(change_named(arguments, arguments.text("RUNBOOK")));
  if (!read.value) return complain(read.problems);
  const auto& change = *read.value;
  const auto role = arguments.text("role");
  const auto signer = app::sign(change, role, arguments.text("text"));
  if (!signer) return complain(signer.error());
  log::info(fmt::format(
      "{} signed as {} for {} on {}; another text of the runbook, the split or the environment file needs a "
      "new signature",
      *signer, printable(role), change.runbook.name, change.environment.name));
  return ExitCode::done;
}

}  // namespace

Verb sign_verb() {
  using Kind = Option::Kind;
  return {"sign",
          "Sign, in a role that the runbook names, that this runbook may run on this environment.",
          {{"RUNBOOK", Kind::positional, "runbook file, or the name of a shipped one"},
           environment_option(true),
           {"--role", Kind::value, "one of the runbook's roles", true},
           {"--text", Kind::value, "a remark"},
           {"--split", Kind::value, "split file (default: the environment's)"},
           set_option(),
           journal_option()},
          sign};
}

}  // namespace pgcleave::cli
