// What the step kinds have in common that judge by families of checks: the same findings as `pgcleave check`, over
// sessions of their own, which refuse to write. Warnings are told, blockers stop the run, each in a line with its id.
#pragma once

#include <string>
#include <vector>

#include "checks/finding.h"
#include "checks/check_context.h"
#include "steps/step.h"

namespace pgcleave::checks {

// `accept`: ids of blockers that are told and do not stop the run.
runbook::Parameter accept_parameter();
// `budget`, `target` and `allow_session_pooling`; `serving` is a parameter of its own, since not every kind needs it.
std::vector<runbook::Parameter> moment_parameters();

// What the parameters `serving`, `target` and `budget` say; nothing of what they do not say.
Result<Asked> asked_by(const steps::Context& context);

// What these families find now. `invalid` for a name that is none.
Result<Findings> findings_for(steps::Context& context, const std::vector<std::string>& families);

// Those that stop a run here: blockers, with `stop_at: warning` warnings too, less what is accepted.
Findings in_the_way(const steps::Context& context, const Findings& findings);

// "blocker topology.bouncer_paused: bouncer b1 at ...: it is paused; fix: RESUME app"
std::string in_a_line(const Finding& finding);

// Done when nothing is in the way. Tells the warnings, and what is accepted.
steps::Observation observed(steps::Context& context, const Findings& findings);
// `not_ready` with the ids of these, each told in a line before.
Result<Json> refused(const steps::Context& context, const Findings& stopping);
// That, of what the look just before found (`before` of its observation), so that nobody waits for a second look; else
// of another look.
Result<Json> refused_or_judged(steps::Context& context, const Json& before,
                               Result<Findings> (*inspect)(steps::Context& context));
// That, if anything is in the way; else the facts of `observed`.
Result<Json> judged(steps::Context& context, const Findings& findings);

}  // namespace pgcleave::checks
