#include "steps/check/checking.h"

#include "base/format.h"

namespace pgcleave::steps {

Result<Json> check_each_once(Context& context,
                             const std::function<Result<Observation>(Context& context, Findings& findings)>& inspect) {
  Findings findings;
  TRY_ASSIGN(const auto seen, inspect(context, findings));
  if (findings.empty()) return seen.outputs;
  const auto& each = findings.list();
  Error error{ErrorKind::not_ready,
              "environment " + context.world.environment.name,
              each.front(),
              "",
              "",
              "correct this, then try again",
              ""};
  if (each.size() == 1) return fail(error);
  for (const auto& one : each) context.world.progress.say(one);
  error.what = fmt::format("is not ready: {} findings, each in a line above; the first: {}", each.size(), each.front());
  error.hint = "correct them, then try again";
  return fail(error);
}

Result<Json> check_once(Context& context, const Observe& observe) {
  TRY_ASSIGN(const auto seen, observe(context));
  if (seen.state == State::done) return seen.outputs;
  return fail({ErrorKind::not_ready, "environment " + context.world.environment.name, seen.evidence, "", "",
               "correct this, then try again", ""});
}

Result<Json> check_until_done(Context& context, const Observe& observe, const std::string& what,
                              const std::string& object) {
  Observation seen;
  std::string told;
  const auto waited =
      wait_until(what, context.deadline, std::chrono::milliseconds(50), context.stop, [&]() -> Result<bool> {
        TRY_ASSIGN(seen, observe(context));
        if (seen.state == State::conflict) return fail({ErrorKind::conflict, object, seen.evidence, "", "", "", ""});
        if (seen.evidence != told) context.world.progress.say(seen.evidence);
        told = seen.evidence;
        return seen.state == State::done;
      });
  if (waited) return seen.outputs;
  auto error = waited.error();
  if (error.object.empty()) error.object = object;
  if (error.seen.empty() && error.kind != ErrorKind::conflict) error.seen = seen.evidence;
  return fail(error);
}

}  // namespace pgcleave::steps
