// check.settings: what would only fail inside the window, or when going back: slots and senders left, WAL level, a delayed standby,
// what a promotion copies along, foreign keys that cross the line.
#include <cstdlib>
#include <map>
#include <set>

#include "base/format.h"
#include "postgres/prepared.h"
#include "steps/checking.h"
#include "steps/findings.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

using Settings = std::map<std::string, std::string>;

Result<Settings> settings_of(postgres::Connection& connection, Deadline deadline) {
  TRY_ASSIGN(const auto rows, connection.query(R"(
      select name, setting from pg_catalog.pg_settings
       where name in ('wal_level', 'max_replication_slots', 'max_wal_senders', 'max_logical_replication_workers', 'recovery_min_apply_delay',
                      'restore_command', 'wal_log_hints', 'data_checksums', 'synchronous_standby_names')
      union all select 'slots used', count(*)::text from pg_catalog.pg_replication_slots
      union all select 'senders used', count(*)::text from pg_catalog.pg_stat_replication)",
                                               {}, deadline));
  Settings settings;
  for (std::size_t row = 0; row < rows.size(); ++row) settings[rows.text(row, "name")] = rows.text(row, "setting");
  return settings;
}

long number(const Settings& settings, const std::string& name) {
  const auto found = settings.find(name);
  return found == settings.end() ? 0 : std::strtol(found->second.c_str(), nullptr, 10);
}

void look_at_server(const std::string& label, const Settings& settings, Findings& findings) {
  const auto is = [&](const char* name, const char* value) {
    const auto found = settings.find(name);
    return found != settings.end() && found->second == value;
  };
  if (!is("wal_level", "logical")) findings.add(label, "wal_level is not logical, which the way back needs");
  if (number(settings, "slots used") >= number(settings, "max_replication_slots"))
    findings.add(label, "no replication slot is left: raise max_replication_slots");
  if (number(settings, "senders used") >= number(settings, "max_wal_senders"))
    findings.add(label, "no WAL sender is left: raise max_wal_senders");
  if (number(settings, "max_logical_replication_workers") < 1)
    findings.add(label, "max_logical_replication_workers is 0: nothing could be applied");
  if (!is("wal_log_hints", "on") && !is("data_checksums", "on")) {
    findings.add(label, "neither wal_log_hints nor data checksums are on: pg_rewind could not make it a standby again");
  }
  if (number(settings, "recovery_min_apply_delay") > 0)
    findings.add(label, "recovery_min_apply_delay is set: the window would wait for it");
}

// Each row of the query is a finding.
Result<void> ask(postgres::Connection& connection, const std::string& sql, const postgres::Parameters& parameters, const std::string& what,
                 Deadline deadline, Findings& findings) {
  TRY_ASSIGN(const auto rows, connection.query(sql, parameters, deadline));
  for (std::size_t row = 0; row < rows.size(); ++row) findings.add(rows.text(row, "object"), what);
  return {};
}

Result<void> look_at_source(Context& context, postgres::Connection& source, Findings& findings) {
  std::vector<std::string> oids;
  for (const auto& table : context.world.split.moved) oids.push_back(std::to_string(table.oid));
  const auto moved = fmt::format("{{{}}}", fmt::join(oids, ","));
  TRY(ask(source, "select 'subscription ' || subname as object from pg_catalog.pg_subscription where subenabled order by 1", {},
          "would be copied to the target, where it takes the publisher's slot; disable it before the split", context.deadline, findings));
  TRY_ASSIGN(const auto prepared, postgres::prepared_transactions(source, context.deadline));
  for (const auto& one : prepared) {
    findings.add("prepared transaction " + one.text(), fmt::format("holds its locks across the window, and a promotion copies it; COMMIT "
                                                                   "PREPARED {0} or ROLLBACK PREPARED {0}",
                                                                   postgres::quote_literal(one.gid)));
  }
  TRY(ask(source,
          "select 'foreign key ' || conname || ' of ' || conrelid::regclass as object from pg_catalog.pg_constraint"
          " where contype = 'f' and conparentid = 0 and (conrelid = any($1::oid[])) <> (confrelid = any($1::oid[])) order by 1",
          {moved}, "crosses the line between tables that move and tables that stay; drop it, or move both", context.deadline, findings));
  return {};
}

Result<void> look_at_members(Context& context, Findings& findings) {
  auto& world = context.world;
  TRY_ASSIGN(const auto source, world.source.patroni().view(context.deadline));
  TRY_ASSIGN(const auto target, world.target.patroni().view(context.deadline));
  std::set<std::string> names;
  for (const auto& member : source.members) names.insert(member.name);
  for (const auto& member : target.members) {
    if (names.count(member.name) > 0)
      findings.add("member " + member.name, "has the same name on both sides, which confuses synchronous_standby_names");
  }
  return {};
}

Result<Observation> inspect_check_settings(Context& context, Findings& findings) {
  auto& world = context.world;
  for (auto* side : {&world.source, &world.target}) {
    TRY_ASSIGN(auto* leader, side->leader(context.deadline));
    TRY_ASSIGN(const auto settings, settings_of(*leader, context.deadline));
    look_at_server(side->label(), settings, findings);
  }
  TRY_ASSIGN(auto* source, world.source.leader(context.deadline));
  TRY(look_at_source(context, *source, findings));
  TRY(look_at_members(context, findings));
  Observation seen;
  seen.state = findings.empty() ? State::done : State::pending;
  seen.evidence = findings.empty() ? "both sides fit for a promotion and for the way back" : findings.text();
  return seen;
}

Result<Observation> observe_check_settings(Context& context) {
  Findings findings;
  return inspect_check_settings(context, findings);
}

Result<Json> apply_check_settings(Context& context, const Json&) {
  return check_each_once(context, inspect_check_settings);
}

}  // namespace

StepKind check_settings() {
  return {{.kind = "check.settings",
           .purpose = "Checks what would only fail inside the window or when going back: WAL, slots, workers, copies, foreign keys.",
           .parameters = {},
           .facts = {},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .meaning = {}},
          nullptr,
          observe_check_settings,
          apply_check_settings,
          nullptr};
}

}  // namespace pgcleave::steps
