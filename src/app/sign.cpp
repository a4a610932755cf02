#include "app/sign.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "app/identity.h"
#include "base/format.h"
#include "base/sha256.h"

namespace pgcleave::app {

namespace {

// Who uses sudo signs in the own name: the journal belongs to one user, and several people have to sign.
std::string signer() {
  const auto name = operator_name();
  const auto* person = ::geteuid() == 0 ? std::getenv("SUDO_USER") : nullptr;
  return person == nullptr || *person == 0 ? name : person + name.substr(name.find('@'));
}

}  // namespace

Result<std::string> sign(const runbook::Change& change, const std::string& role, const std::string& text) {
  const auto& roles = change.runbook.roles;
  if (std::find(roles.begin(), roles.end(), role) == roles.end()) {
    return fail({ErrorKind::invalid, "role " + role, "is none of this runbook's roles",
                 fmt::format("{}", fmt::join(roles, ", ")), "",
                 roles.empty() ? "name them under `roles` in " + change.runbook.path : "", ""});
  }
  TRY_ASSIGN(auto journal, journal::Journal::open(change.journal, Deadline::in(std::chrono::seconds(5))));
  auto by = signer();
  TRY(journal.append(journal::new_id("s"), "readiness.signed",
                     {{"role", role},
                      {"by", by},
                      {"text", text},
                      {"environment_name", change.environment.name},
                      {"environment_sha256", sha256(change.environment.text)},
                      {"split_sha256", sha256(change.split.text)},
                      {"runbook_sha256", change.runbook.sha256}},
                     journal::Durability::disk));
  return by;
}

Result<void> mark_solved(journal::Journal& journal, const engine::RunRecord& run, const std::string& how) {
  if (how.empty())
    return fail({ErrorKind::invalid, "--how", "says nothing", "what the cause was, and what fixed it", "", "", ""});
  TRY(journal.append(run.id, "problem.solved", {{"how", how}, {"by", operator_name()}}, journal::Durability::disk));
  return {};
}

}  // namespace pgcleave::app
