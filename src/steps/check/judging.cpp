#include "steps/check/judging.h"

#include <algorithm>

#include "base/counted.h"
#include "base/format.h"
#include "base/lines.h"
#include "base/units.h"
#include "checks/families.h"
#include "steps/registry.h"

namespace pgcleave::steps {

namespace {

using runbook::Type;

constexpr auto longest_for_a_family = std::chrono::seconds(10);

std::vector<std::string> accepted_by(const Context& context) {
  auto ids = context.with.value("accept", Json::array()).get<std::vector<std::string>>();
  if (context.with.value("allow_session_pooling", false)) ids.emplace_back("topology.bouncer_pools_by_session");
  return ids;
}

constexpr const char* in_the_way_key = "in_the_way";

Json list_of(const checks::Findings& findings) {
  Json list = Json::array();
  for (const auto& one : findings) list.push_back(json_of(one));
  return list;
}

checks::Findings findings_in(const Json& before) {
  checks::Findings findings;
  for (const auto& one : before.value(in_the_way_key, Json::array())) {
    findings.push_back({one.value("id", ""), checks::Severity::blocker, one.value("object", ""),
                        one.value("evidence", ""), "", "", one.value("fix", "")});
    if (one.value("severity", "") != name_of(checks::Severity::blocker))
      findings.back().severity = checks::Severity::warning;
  }
  return findings;
}

void tell(const Context& context, const std::string& text) {
  context.world.progress.say(text);
}

std::string summary_of(Context& context, const checks::Findings& findings) {
  const auto& world = context.world;
  return fmt::format("{} tables move, {} bouncers; {}, {}", world.split.moved.size(), world.fleet.bouncers().size(),
                     counted(count(findings, checks::Severity::warning), "warning"),
                     counted(count(findings, checks::Severity::note), "note"));
}

}  // namespace

runbook::Parameter accept_parameter() {
  return {"accept", Type::list, Json::array(), false, "ids of blockers that are told and do not stop the run", {}};
}

std::vector<runbook::Parameter> moment_parameters() {
  return {
      {"budget", Type::duration, "5s", false, "time that clients may wait; the bouncers' timeouts must be longer", {}},
      {"target",
       Type::text,
       "standby",
       false,
       "what the target is at this point, while the source serves",
       {"standby", "promoted"}},
      {"allow_session_pooling", Type::boolean, false, false, "PAUSE then waits until clients leave by themselves", {}},
      accept_parameter()};
}

Result<checks::Asked> asked_by(const Context& context) {
  checks::Asked asked;
  asked.change = context.world.known.change();
  if (const auto budget = context.text("budget"); !budget.empty()) {
    TRY_ASSIGN(asked.budget, parse_duration(budget));
  }
  if (const auto serving = context.text("serving"); !serving.empty() && serving != "any") {
    TRY_ASSIGN(const auto side, config::side_named(serving));
    asked.expected = checks::Expected{world::owner_of(side), context.text("target") == "promoted"};
  }
  return asked;
}

Result<checks::Findings> findings_for(Context& context, const std::vector<std::string>& names) {
  TRY_ASSIGN(const auto families, checks::families_named(names));
  TRY_ASSIGN(const auto asked, asked_by(context));
  auto aside = world::unopened_world(context.world.environment, context.world.split_file);
  const auto left = context.deadline.left();
  return inspect(aside, families, asked, std::min<Duration>(left, longest_for_a_family));
}

checks::Findings in_the_way(const Context& context, const checks::Findings& findings) {
  const auto accepted = accepted_by(context);
  const bool warnings_too = context.text("stop_at") == "warning";
  checks::Findings stopping;
  for (const auto& one : findings) {
    const bool stops =
        one.severity == checks::Severity::blocker || (warnings_too && one.severity == checks::Severity::warning);
    if (stops && std::find(accepted.begin(), accepted.end(), one.id) == accepted.end()) stopping.push_back(one);
  }
  return stopping;
}

std::string in_a_line(const checks::Finding& finding) {
  auto line = fmt::format("{} {}: {}: {}", name_of(finding.severity), finding.id, finding.object, finding.evidence);
  if (!finding.fix.empty()) line += "; fix: " + finding.fix;
  return one_line(line);
}

Observation observed(Context& context, const checks::Findings& findings) {
  const auto stopping = in_the_way(context, findings);
  const auto stops = [&](const checks::Finding& finding) {
    return std::any_of(stopping.begin(), stopping.end(), [&](const checks::Finding& one) {
      return one.id == finding.id && one.object == finding.object && one.evidence == finding.evidence;
    });
  };
  Observation seen;
  seen.outputs = {{"blockers", count(findings, checks::Severity::blocker)},
                  {"warnings", count(findings, checks::Severity::warning)},
                  {"notes", count(findings, checks::Severity::note)}};
  for (const auto& one : findings) {
    if (one.severity == checks::Severity::note || stops(one)) continue;
    tell(context, (one.severity == checks::Severity::blocker ? "accepted: " : "") + in_a_line(one));
  }
  std::vector<std::string> lines;
  for (const auto& one : stopping) lines.push_back(in_a_line(one));
  if (stopping.empty()) seen.state = State::done;
  if (!stopping.empty()) seen.before = {{in_the_way_key, list_of(stopping)}};
  seen.evidence = stopping.empty() ? summary_of(context, findings) : fmt::format("{}", fmt::join(lines, " | "));
  return seen;
}

Result<Json> refused(const Context& context, const checks::Findings& stopping) {
  const auto& world = context.world;
  const auto& first = stopping.front();
  Error error{ErrorKind::not_ready,
              "environment " + world.environment.name,
              in_a_line(first),
              "",
              "",
              "correct this, then try again; why it matters: pgcleave check -e " + world.environment.path,
              ""};
  if (stopping.size() == 1) return fail(error);
  std::vector<std::string> ids;
  for (const auto& one : stopping) {
    ids.push_back(one.id);
    tell(context, in_a_line(one));
  }
  error.what = fmt::format("is not ready: {} findings, each in a line above: {}; the first: {}", stopping.size(),
                           fmt::join(ids, ", "), in_a_line(first));
  error.hint = "correct them, then try again; why they matter: pgcleave check -e " + world.environment.path;
  return fail(error);
}

Result<Json> judged(Context& context, const checks::Findings& findings) {
  const auto stopping = in_the_way(context, findings);
  if (!stopping.empty()) return refused(context, stopping);
  return observed(context, findings).outputs;
}

Result<Json> refused_or_judged(Context& context, const Json& before,
                               Result<checks::Findings> (*inspect)(Context& context)) {
  if (const auto seen = findings_in(before); !seen.empty()) return refused(context, seen);
  TRY_ASSIGN(const auto findings, inspect(context));
  return judged(context, findings);
}

void offer_step_kinds() {
  add_kinds({check_readiness(), check_settings(), check_topology(), check_truncation(), rows_compare()});
}

}  // namespace pgcleave::steps
