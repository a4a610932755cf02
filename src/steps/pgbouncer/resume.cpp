// pgbouncer.resume: clients go on, and the bouncers have their own settings again.
#include "base/format.h"
#include "steps/pgbouncer/fleet_state.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<void> prepare_pgbouncer_resume(Context& context) {
  return context.world.fleet.connect(context.deadline);
}

Result<Observation> observe_pgbouncer_resume(Context& context) {
  TRY_ASSIGN(auto seen, observe_resumed(context));
  if (seen.state != State::done) return seen;
  // A run that died, or lost an answer, between the RESUME and the settings has them still to give back.
  TRY_ASSIGN(const auto without, context.world.fleet.without_own_settings(context.deadline));
  if (without.empty()) return seen;
  seen.state = State::pending;
  seen.evidence += fmt::format("; {} with settings that the pause SET", fmt::join(without, ", "));
  return seen;
}

Result<Json> apply_pgbouncer_resume(Context& context, const Json&) {
  TRY(resume_fleet(context, At::file));
  return Json::object();
}

}  // namespace

StepKind pgbouncer_resume() {
  return {
      {.kind = "pgbouncer.resume",
       .purpose = "Resumes the pool on all bouncers at once, where their files point to, and gives them back the "
                  "settings that pause "
                  "changed.",
       .parameters = {},
       .outputs = {},
       .changes = "RESUME of the pool; RELOAD where it was repointed, with default_pool_size 0 or PAUSE of the whole "
                  "process until then",
       .undo = "nothing to undo: traffic flows",
       .undo_kind = runbook::UndoKind::nothing,
       .traits = {.resumes = true, .changes = true}},
      prepare_pgbouncer_resume,
      observe_pgbouncer_resume,
      apply_pgbouncer_resume,
      nullptr};
}

}  // namespace pgcleave::steps
