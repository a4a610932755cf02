// What the step kinds have in common that judge by families of checks: the same findings as `pgcleave check`, over
// sessions of their own, which refuse to write. Warnings are told, blockers stop the run, each in a line with its id.
#pragma once

#include <string>
#include <vector>

#include "checks/check_context.h"
#include "checks/finding.h"
#include "steps/step.h"

namespace pgcleave::steps {

// `accept`: ids of blockers that are told and do not stop the run.
runbook::Parameter accept_parameter();
// `budget`, `target` and `allow_session_pooling`; `serving` is a parameter of its own, since not every kind needs it.
std::vector<runbook::Parameter> moment_parameters();

// What the parameters `serving`, `target` and `budget` say; nothing of what they do not say.
Result<checks::Asked> asked_by(const Context& context);

// What these families find now. `invalid` for a name that is none.
Result<checks::Findings> findings_for(Context& context, const std::vector<std::string>& families);

// Those that stop a run here: blockers, with `stop_at: warning` warnings too, less what is accepted.
checks::Findings in_the_way(const Context& context, const checks::Findings& findings);

// "blocker topology.bouncer_paused: bouncer b1 at ...: it is paused; fix: RESUME app"
std::string in_a_line(const checks::Finding& finding);

// Done when nothing is in the way. Tells the warnings, and what is accepted.
Observation observed(Context& context, const checks::Findings& findings);
// `not_ready` with the ids of these, each told in a line before.
Result<Json> refused(const Context& context, const checks::Findings& stopping);
// That, of what the look just before found (`before` of its observation), so that nobody waits for a second look; else
// of another look.
Result<Json> refused_or_judged(Context& context, const Json& before,
                               Result<checks::Findings> (*inspect)(Context& context));
// That, if anything is in the way; else the outputs of `observed`.
Result<Json> judged(Context& context, const checks::Findings& findings);

// The step kinds that judge by families of checks, or by all rows: a library of their own, so that the simulation can
// have others.

StepKind check_readiness();
StepKind check_settings();
StepKind check_topology();
StepKind check_truncation();
StepKind rows_compare();

// Makes them known to the registry of steps; once, when a program begins.
void offer_step_kinds();

}  // namespace pgcleave::steps
