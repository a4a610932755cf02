#include <unistd.h>

#include <iostream>

#include "base/fields.h"
#include "base/format.h"
#include "base/lines.h"
#include "cli/owners.h"
#include "cli/rollback_path.h"
#include "cli/same_environment.h"
#include "cli/session.h"
#include "cli/split_status.h"
#include "patroni/inspection.h"
#include "world/run_servers.h"

namespace pgcleave::cli {
namespace {

Json json_of(const engine::RunRecord& run, const std::string& state) {
  Json steps = Json::array();
  for (const auto& [id, step] : run.steps) {
    steps.push_back({{"step", id},
                     {"uses", step.uses},
                     {"phase", step.phase},
                     {"status", engine::name_of(step.status)},
                     {"ms", step.ms},
                     {"note", step.note},
                     {"facts", step.facts}});
  }
  Json windows = Json::object();
  for (const auto& [phase, window] : run.windows) {
    windows[phase] = {{"open", window.open},
                      {"taken", window.taken},
                      {"outcome", window.outcome},
                      {"budget_ms", window.budget_ms},
                      {"pause_ms", window.pause_ms},
                      {"watched", window.watched},
                      {"outage_ms", window.outage_ms},
                      {"mean_outage_ms", window.mean_outage_ms},
                      {"paused_at_us", window.paused_at_us},
                      {"resumed_at_us", window.resumed_at_us}};
  }
  return {{"run", run.id},        {"state", state},     {"phase", run.phase},
          {"serves", run.serves}, {"exit", run.exit},   {"waits_for", run.waiting_for},
          {"misses", run.misses}, {"windows", windows}, {"steps", steps}};
}

void print(const engine::RunRecord& run, bool alive, const Arguments& arguments) {
  const auto& begun = run.begun;
  const auto said = [&](const char* key) { return printable(text_in(begun, key)); };
  std::cout << fmt::format("run {}  {}\n", printable(run.id), printable(run.state(alive)));
  std::cout << fmt::format("  {} on {} ({}), split {}, by {}\n", said("name"), said("environment_name"), said("class"),
                           said("split_name"), said("operator"));
  std::cout << fmt::format("  phase {}{}\n", printable(run.phase),
                           run.serves.empty() ? "" : ", " + printable(run.serves) + " serves");
  for (const auto& id : run.order) {
    const auto& step = run.steps.at(id);
    std::cout << fmt::format(
        "    {:<18} {:<24} {:<28} {:<11} {}\n", printable(step.phase), printable(id), printable(step.uses),
        engine::name_of(step.status),
        step.status == engine::StepStatus::done ? fmt::format("{:.1f} ms", step.ms) : one_line(step.note));
  }
  for (const auto& [phase, window] : run.windows) {
    std::cout << fmt::format("  {}: {}, {} (budget {:.0f} ms){}\n", printable(phase),
                             window.open ? "OPEN" : printable(window.outcome),
                             window.pause_ms > 0        ? fmt::format("clients waited {:.1f} ms", window.pause_ms)
                             : window.paused_at_us == 0 ? "no client had to wait"
                                                        : "how long clients waited is not known",
                             window.budget_ms,
                             window.watched ? fmt::format(", one saw {:.1f} ms of outage, all on average {:.1f}",
                                                          window.outage_ms, window.mean_outage_ms)
                                            : "");
  }
  for (const auto& miss : run.misses) std::cout << "  missed: " << one_line(miss) << "\n";
  const auto next = alive ? std::string() : engine::next_command(run, again(arguments, text_in(begun, "environment")));
  if (!next.empty()) std::cout << "  next: " << printable(next) << "\n";
}

// A target that owns and is told to be a standby is about to lose what its clients wrote. No value: it is not so, or it
// can't be asked.
std::optional<std::string> alarm_of(const engine::RunRecord& run, const Arguments& arguments) {
  if (!run.has_taken(name_of(runbook::PhaseKind::window)) ||
      run.has_taken(name_of(runbook::PhaseKind::rollback_window)))
    return {};
  const auto file =
      arguments.text("environment").empty() ? text_in(run.begun, "environment") : arguments.text("environment");
  const auto environment = read_environment_file(file);
  const auto split = config::read_split(text_in(run.begun, "split"), text_in(run.begun, "split_text"));
  if (!environment || !split.value || !same_environment(run, *environment)) return {};
  auto world = world::unopened_world(*environment, *split.value);
  world::expect_servers(world, object_in(run.begun, "servers"));
  const auto deadline = Deadline::in(std::chrono::seconds(3));
  const auto config = world.target.patroni().config(deadline);
  if (!config || !patroni::is_set(*config, "standby_cluster")) return {};
  const auto leader = world.target.leader(deadline);
  const auto owner = leader ? fence::owner(**leader, world.split.name, deadline)
                            : Result<std::optional<fence::Owner>>(fail(leader.error()));
  if (owner && *owner != fence::Owner::target) return {};
  return fmt::format(
      "{} owns the moved tables{}, and its Patroni configuration has standby_cluster again: Patroni makes it a standby "
      "of "
      "the source, and what its clients wrote since the split is thrown away. At once: patronictl edit-config {} -s "
      "standby_cluster=null; then stop what put it there, until cleanup",
      world.target.label(), owner ? "" : " (as the journal knows: it can't be asked)", world.target.access().scope);
}

std::optional<Json> rollback_path_told(const Json& splits, const engine::SplitRuns& own) {
  for (const auto& split : splits) {
    if (text_in(split, "split") == own.split && text_in(split, "environment") == own.environment &&
        split.contains("rollback_path"))
      return split.at("rollback_path");
  }
  return {};
}

ExitCode show_status(const Arguments& arguments) {
  const auto path = journal_path(arguments);
  if (!path) return ExitCode::invalid;
  auto journal = journal::Journal::open_to_read(*path, Deadline::in(std::chrono::seconds(5)));
  if (!journal) return complain(journal.error());
  std::string shown;
  while (true) {
    const auto runs = journal_runs(*journal, arguments);
    if (!runs) return complain(runs.error());
    const auto run = meant_run(*journal, *runs, arguments, engine::Intent::inspect);
    if (!run) return complain(run.error());
    const auto is_alive = [&](const std::string& split) { return journal::SplitLock::is_held(*path, split); };
    const bool alive = is_alive(text_in(run->begun, "split_name"));
    auto json = json_of(*run, run->state(alive));
    json["splits"] = Json::array();
    const auto* own = runs->split_of(run->id);
    for (const auto& split : runs->splits) {
      if (arguments.text("RUN").empty() || &split == own)
        json["splits"].push_back(split_status(split, arguments, is_alive(split.split)));
    }
    const bool told_by_split = own != nullptr && own->split_by != nullptr && own->split_by->id == run->id;
    const auto rollback_path = alive           ? std::nullopt
                               : told_by_split ? rollback_path_told(json["splits"], *own)
                                               : rollback_path_of(*run, arguments);
    if (rollback_path) json["rollback_path"] = *rollback_path;
    const auto alarm = alive ? std::nullopt : alarm_of(*run, arguments);
    if (alarm) json["alarm"] = *alarm;
    const auto owners = alive ? std::nullopt : owners_of(*run, arguments);
    if (owners) json["owners"] = *owners;
    const auto now = to_text(json, 2);
    if (now != shown) {
      if (!arguments.flag("json") && alarm) std::cout << "ALARM: " << printable(*alarm) << "\n";
      if (arguments.flag("json")) std::cout << now << "\n";
      if (!arguments.flag("json")) {
        for (const auto& split : json["splits"]) print_split_status(split);
        print(*run, alive, arguments);
        if (owners) print_owners(*owners);
        if (rollback_path && !told_by_split) print_rollback_path(*rollback_path);
      }
      std::cout.flush();
    }
    shown = now;
    if (!arguments.flag("watch") || !alive || !std::cout) return ExitCode::done;
    if (!sleep_until(Deadline::in(std::chrono::milliseconds(500)), std::chrono::milliseconds(500), &stop_flag()))
      return ExitCode::done;
  }
}

}  // namespace

Verb status_verb() {
  using Kind = Option::Kind;
  return {"status",
          "Show each split: who serves, since when, by which run, and the rollback path; and a run, step by step, with "
          "the command to type next.",
          {{"RUN", Kind::optional_positional,
            "run id (default: one that is not finished, else the run that holds the split)"},
           {"--watch", Kind::flag, "show it again when it changes, until its process ends"},
           environment_option(false),
           journal_option(),
           json_option()},
          show_status};
}

}  // namespace pgcleave::cli
