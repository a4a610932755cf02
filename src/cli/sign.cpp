#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/format.h"
#include "base/log.h"
#include "base/sha256.h"
#include "cli/change.h"
#include "cli/session.h"

namespace pgcleave::cli {
namespace {

// Who uses sudo signs in the own name: the journal belongs to one user, and several people have to sign.
std::string signer() {
  const auto name = operator_name();
  const auto* person = ::geteuid() == 0 ? std::getenv("SUDO_USER") : nullptr;
  return person == nullptr || *person == 0 ? name : person + name.substr(name.find('@'));
}

ExitCode sign(const Arguments& arguments) {
  const auto change = read_change(arguments, arguments.text("RUNBOOK"));
  if (!change) return ExitCode::invalid;
  const auto& roles = change->runbook.roles;
  const auto role = arguments.text("role");
  if (std::find(roles.begin(), roles.end(), role) == roles.end()) {
    return complain(Error{ErrorKind::invalid, "role " + role, "is none of this runbook's roles",
                          fmt::format("{}", fmt::join(roles, ", ")), "",
                          roles.empty() ? "name them under `roles` in " + change->runbook.path : "", ""});
  }
  auto journal = journal::Journal::open(change->journal, Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  const auto written = journal->append(journal::new_id("s"), "readiness.signed",
                                       {{"role", role},
                                        {"by", signer()},
                                        {"text", arguments.text("text")},
                                        {"environment_name", change->environment.name},
                                        {"environment_sha256", sha256(change->environment.text)},
                                        {"split_sha256", sha256(change->split.text)},
                                        {"runbook_sha256", change->runbook.sha256}},
                                       journal::Durability::disk);
  if (!written) return complain(written.error());
  log::info(fmt::format(
      "{} signed as {} for {} on {}; another text of the runbook, the split or the environment file needs a "
      "new signature",
      signer(), printable(role), change->runbook.name, change->environment.name));
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
