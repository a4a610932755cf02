#include <algorithm>
#include <ranges>

#include "base/address.h"
#include "base/fields.h"
#include "base/format.h"
#include "report/document/display.h"
#include "report/sections/run_sections.h"
#include "steps/registry.h"

namespace pgcleave::report {
namespace {

std::string texts_of(const std::vector<config::Selection::Entry>& entries) {
  constexpr std::size_t shown = 12;
  std::vector<std::string> texts;
  for (const auto& entry : entries) texts.push_back(entry.text);
  const auto all = texts.size();
  if (all > shown) texts.resize(shown);
  return fmt::format("{}{}", fmt::join(texts, ", "), all > shown ? fmt::format(" and {} more", all - shown) : "");
}

Table split_table(const config::Split& split) {
  Table table{{{"tables"}, {"by name", true}, {"by pattern", true}, {"by schema", true}, {"which"}}, {}};
  const auto row = [&](const std::string& title, const config::Selection& selection) {
    std::vector<std::string> which;
    for (const auto* part : {&selection.tables, &selection.patterns, &selection.schemas}) {
      if (!part->empty()) which.push_back(texts_of(*part) + (part == &selection.schemas ? " (schema)" : ""));
    }
    const auto number_of = [](const auto& part) { return number(count(static_cast<std::int64_t>(part.size()))); };
    table.rows.push_back({{title},
                          number_of(selection.tables),
                          number_of(selection.patterns),
                          number_of(selection.schemas),
                          which.empty() ? Cell{"none"} : code(fmt::format("{}", fmt::join(which, "; ")))});
  };
  row("that move", split.moved);
  row("that stay", split.kept);
  row("on both sides", split.shared);
  return table;
}

// How many tables the split came to where it was last seen to work.
std::string counted(const Readiness& readiness) {
  for (const auto& round : std::ranges::reverse_view(readiness.rounds)) {
    for (const auto& step : round.story.steps) {
      const bool counts = step.uses == "check.topology" || step.uses == "check.readiness";
      if (counts && !step.note.empty()) return step.note;
    }
  }
  return "";
}

Table effects_table(const runbook::Runbook& runbook) {
  Table table{{{"phase"}, {"step"}, {"changes"}, {"undone by"}}, {}};
  std::string phase_before;
  for (const auto& phase : runbook.phases) {
    if (phase.is_rollback()) continue;
    for (const auto& step : phase.steps) {
      const auto* kind = steps::find(step.uses);
      if (kind == nullptr || !kind->description.traits.changes) continue;
      const auto& description = kind->description;
      table.rows.push_back({{phase.name == phase_before ? "" : phase_title(phase.kind)},
                            code(step.id),
                            {description.changes},
                            {description.undo, description.can_be_undone() ? Mark::none : Mark::warning}});
      phase_before = phase.name;
    }
  }
  return table;
}

std::string address_of(const config::RouteAccess& route) {
  if (route.leader) return "the leader's address";
  return route.host.empty() ? "" : address_text(route.host, route.port);
}

DrawnCluster cluster_of(const char* side, const config::SideAccess& access) {
  DrawnCluster cluster{side, access.scope, false, 0, address_of(access.route), ""};
  cluster.replicas = std::max(0, static_cast<int>(access.patroni.members.size()) - 1);
  return cluster;
}

Topology topology_before(const config::Environment& environment) {
  Topology before{"Before",
                  cluster_of("source", environment.source),
                  cluster_of("target", environment.target),
                  "",
                  {},
                  false,
                  DrawnReplication{true, false, "physical, to a standby cluster"}};
  std::vector<std::string> pools;
  for (const auto& pool : environment.pools) {
    pools.push_back(pool.database);
    for (const auto& bouncer : pool.bouncers) before.bouncers.push_back(bouncer.name);
  }
  before.pool = fmt::format("{}", fmt::join(pools, ", "));
  before.source.holds = "all tables, writes";
  before.target.standby = true;
  before.target.holds = "a copy, read only";
  return before;
}

Topology topology_after(const Topology& before, const runbook::Runbook& runbook) {
  auto after = before;
  after.title = "After";
  after.moved_at_target = true;
  after.source.holds = "kept tables, writes";
  after.target.standby = false;
  after.target.holds = "moved tables, writes";
  after.replication.reset();
  if (has_step(runbook, "replication.create_slot_reverse", false))
    after.replication = DrawnReplication{false, true, "logical, moved tables: reverse replication"};
  return after;
}

Table moves_table(const Topology& before, const Topology& after) {
  Table table{{{"member"}, {"before"}, {"after"}}, {}};
  table.rows = {
      {{"clients of moved tables"},
       {"write on source " + before.source.scope},
       {"write on target " + after.target.scope}},
      {{"clients of kept tables"},
       {"write on source " + before.source.scope},
       {"write on source " + before.source.scope}},
      {{"target " + before.target.scope}, {"standby cluster"}, {"cluster of its own"}},
      {{"replication"}, {"physical, source to target"}, {after.replication ? "logical, target to source" : "none"}}};
  return table;
}

}  // namespace

bool has_step(const runbook::Runbook& runbook, const std::string& kind, bool rollback) {
  for (const auto& phase : runbook.phases) {
    if (phase.is_rollback() != rollback) continue;
    if (std::any_of(phase.steps.begin(), phase.steps.end(), [&](const auto& step) { return step.uses == kind; }))
      return true;
  }
  return false;
}

Section change_section(const Readiness& readiness) {
  const auto& change = readiness.change;
  Section section{"change", "What changes", {}};
  auto text = change.runbook.summary;
  if (const auto tables = counted(readiness); !tables.empty())
    text += (text.empty() ? "" : " ") + fmt::format("In the last rehearsal: {}.", tables);
  if (!text.empty()) section.say(text);
  section.add(split_table(change.split));
  auto effects = effects_table(change.runbook);
  if (!effects.rows.empty()) section.add(std::move(effects));
  return section;
}

Section topology_section(const Readiness& readiness) {
  const auto before = topology_before(readiness.change.environment);
  const auto after = topology_after(before, readiness.change.runbook);
  Section section{"topology", "Topology, before and after", {}};
  section.add(Drawings{{before, after}});
  section.add(moves_table(before, after));
  return section;
}

}  // namespace pgcleave::report
