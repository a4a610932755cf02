#include "steps/rows/row_job.h"

#include "base/format.h"
#include "base/units.h"
#include "data/runner.h"
#include "data/task.h"

namespace pgcleave::steps {
namespace {

constexpr std::size_t most_named = 20;  // of the rows that were left out
constexpr auto time_to_try = std::chrono::seconds(60);

Bytes* limit_called(const std::string& name, data::Limits& limits) {
  if (name == "replica_lag") return &limits.replica_lag;
  if (name == "slot_wal") return &limits.slot_wal;
  return name == "wal_rate" ? &limits.wal_rate : nullptr;
}

Json outputs_of(const data::Job& job, const std::vector<std::string>& left_out) {
  return {{"changed", job.changed}, {"batches", job.batches}, {"skipped", job.skipped}, {"left_out", left_out}};
}

Result<std::vector<std::string>> left_out_by(postgres::Connection& leader, const data::Job& job, Deadline deadline) {
  std::vector<std::string> sentences;
  if (job.skipped == 0) return sentences;
  TRY_ASSIGN(const auto rows,
             leader.query("SELECT relation, key, error FROM pgcleave.job_skips WHERE job = $1 ORDER BY "
                          "at, relation, key LIMIT $2",
                          {job.id, std::to_string(most_named)}, deadline));
  for (std::size_t row = 0; row < rows.size(); ++row)
    sentences.push_back(fmt::format("row {} of {} was left out: {}", printable(rows.text(row, "key")),
                                    rows.text(row, "relation"), printable(rows.text(row, "error"))));
  const auto named = static_cast<std::int64_t>(rows.size());
  if (job.skipped > named)
    sentences.push_back(fmt::format("{} more rows were left out: see pgcleave.job_skips", job.skipped - named));
  return sentences;
}

}  // namespace

Result<data::Limits> limits_over(const config::Environment& environment, const Json& given, const std::string& whose) {
  data::Limits limits;
  for (const auto& [name, bytes] : environment.limits)
    if (auto* limit = limit_called(name, limits)) *limit = bytes;
  limits.hours = environment.hours;
  for (const auto& [name, value] : given.items()) {
    if (name == "hours") {
      TRY_ASSIGN(limits.hours, parse_hours(value.get<std::string>()));
      continue;
    }
    auto* limit = limit_called(name, limits);
    if (limit == nullptr) {
      return fail({ErrorKind::invalid, whose, "there is no such indicator", "replica_lag, slot_wal, wal_rate, hours",
                   printable(name), "", ""});
    }
    TRY_ASSIGN(*limit, parse_bytes(value.get<std::string>()));
  }
  return limits;
}

Result<data::Limits> limits_of(const Context& context) {
  auto limits = limits_over(context.world.environment, context.with.value("limits", Json::object()),
                            "limits of step " + context.step);
  if (!limits && limits.error().hint.empty()) limits.error().hint = "correct `limits` in the runbook";
  return limits;
}

Result<void> check_limits(Context& context, const data::Limits& limits) {
  if (!limits.hours) return {};
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  return data::check_zone(*leader, limits.hours->zone, context.deadline);
}

data::Brake::Session kept_beside(Side& side) {
  auto kept = std::make_shared<std::optional<postgres::Connection>>();
  return [&side, kept](Deadline deadline) -> Result<postgres::Connection*> {
    if (*kept && (*kept)->alive()) return &**kept;
    TRY_ASSIGN(auto opened, side.session_beside(deadline));
    kept->emplace(std::move(opened));
    return &**kept;
  };
}

Result<data::Task> job_task(Context& context) {
  data::Task task;
  task.id = job_id(context.world.run.id, context.step);
  TRY_ASSIGN(task.table, postgres::parse_table_name(context.text("table")));
  TRY_ASSIGN(task.target, parse_duration(context.text("target")));
  TRY_ASSIGN(task.lock_timeout, parse_duration(context.text("lock_timeout")));
  TRY_ASSIGN(task.limits, limits_of(context));
  return task;
}

void choose_bad_rows(const Context& context, data::Task& task) {
  task.on_bad_row = context.text("on_bad_row") == "skip" ? data::OnBadRow::skip : data::OnBadRow::stop;
  task.most_skipped = context.with.value("most_skipped", task.most_skipped);
}

Result<Observation> observe_job(Context& context, const data::Task& task) {
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto job, data::read_job(*leader, task.id, context.deadline));
  Observation seen;
  if (!job) {
    TRY(data::read_table(*leader, task.table, context.deadline));
    seen.evidence = fmt::format("no row of {} is changed yet", task.table.sql());
    return seen;
  }
  seen.evidence = fmt::format("{} rows of {} are changed", job->changed, task.table.sql());
  if (!job->over) {
    seen.evidence += fmt::format(", pass {} is not at its end{}{}", job->at.pass, job->hold ? ", on hold" : "",
                                 job->now.empty() ? "" : ": " + printable(job->now));
    return seen;
  }
  TRY_ASSIGN(const auto left_out, left_out_by(*leader, *job, context.deadline));
  seen.state = State::done;
  seen.outputs = outputs_of(*job, left_out);
  return seen;
}

Result<void> prepare_job(Context& context, const data::Task& task) {
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto job, data::read_job(*leader, task.id, context.deadline));
  if (job) return {};
  TRY(check_limits(context, task.limits));
  const auto tried = data::try_batches(*leader, task, context.deadline.or_earlier(Deadline::in(time_to_try)));
  if (!tried && data::speaks_against(tried.error())) return fail(tried.error());
  return {};
}

Result<Json> apply_job(Context& context, const data::Task& task) {
  auto& side = context.on();
  auto& world = context.world;
  const auto description =
      fmt::format("change rows on {} in batches: {}; limits: {}", side.label(), task.text(), task.limits.text());
  TRY_ASSIGN(const auto outputs, world.effects->perform(printable(description), [&]() -> Result<Json> {
    data::Surroundings around;
    around.leader = [&side](Deadline deadline) { return side.leader(deadline); };
    around.beside = kept_beside(side);
    around.runner = world.run.by;
    around.take_over = world.run.take_over;
    around.stop = context.stop;
    around.deadline = context.deadline;
    around.tell = [&world](const std::string& text) { world.progress.say(text); };
    TRY_ASSIGN(const auto job, data::Runner(task, std::move(around)).run());
    TRY_ASSIGN(auto* leader, side.leader(Deadline::in(data::short_request)));
    TRY_ASSIGN(const auto left_out, left_out_by(*leader, job, Deadline::in(data::short_request)));
    return outputs_of(job, left_out);
  }));
  return outputs.is_object() ? outputs : outputs_of({}, {});
}

Result<std::vector<std::string>> foretell_job(Context& context, const data::Task& task) {
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto tried, data::try_batches(*leader, task, Deadline::in(time_to_try)));
  return tried.lines();
}

std::vector<runbook::Parameter> bad_row_parameters() {
  using runbook::Type;
  return {{"on_bad_row",
           Type::text,
           "stop",
           false,
           "what to do with a row whose new values PostgreSQL refuses: stop and name it, or skip and keep its key",
           {"stop", "skip"}},
          {"most_skipped", Type::integer, 100, false, "how many rows may be left out before it stops", {}}};
}

runbook::Parameter limits_parameter() {
  using runbook::Type;
  return {"limits",
          Type::map,
          Json::object(),
          false,
          "where the job waits: replica_lag (64MiB), slot_wal (8GiB), wal_rate (128MiB per second, slows only), hours "
          "in which it works (22:00-06:00 Europe/Kyiv). "
          "From the half of a limit on it is slowed; 0B: no limit",
          {}};
}

std::vector<runbook::Parameter> pace_parameters() {
  using runbook::Type;
  return {{"target", Type::duration, "200ms", false, "how long a batch should take, and so hold its rows locked", {}},
          {"lock_timeout",
           Type::duration,
           "100ms",
           false,
           "how long a batch may wait for a row that a client has locked, before it gives way",
           {}},
          limits_parameter()};
}

std::vector<runbook::Parameter> with_shared(std::vector<runbook::Parameter> own,
                                            const std::vector<std::vector<runbook::Parameter>>& shared) {
  for (const auto& some : shared) own.insert(own.end(), some.begin(), some.end());
  return own;
}

std::vector<runbook::Output> outputs_of_job() {
  return {{"changed", "rows that were changed"},
          {"batches", "transactions"},
          {"skipped", "rows that were left out"},
          {"left_out", "those rows, each with its key and the reason", true}};
}

}  // namespace pgcleave::steps
