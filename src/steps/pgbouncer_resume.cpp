// pgbouncer.resume: clients go on.
#include "steps/fleet_state.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

Result<void> prepare(Context& context) {
  return context.world.fleet.connect(context.deadline);
}

Result<Observation> observe(Context& context) {
  return observe_paused(context, false);
}

Result<Json> apply(Context& context, const Json&) {
  TRY(resume_fleet(context));
  return Json::object();
}

}  // namespace

StepKind pgbouncer_resume() {
  return {{.kind = "pgbouncer.resume",
           .purpose = "Resumes the pool on all bouncers at once and gives them back the settings that pause changed.",
           .parameters = {},
           .facts = {},
           .changes = "RESUME of the pool",
           .undo = "nothing to undo: traffic flows",
           .meaning = {.resumes = true, .changes = true}},
          prepare,
          observe,
          apply,
          nullptr};
}

}  // namespace pgcleave::steps
