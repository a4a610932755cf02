#include "checks/schema/crossing.h"

#include "base/format.h"

namespace pgcleave::checks {
namespace {

using postgres::quote_identifier;
using postgres::quote_literal;
using postgres::TableName;

class CrossingJudge {
 public:
  CrossingJudge(const CrossingSeen& seen, TableReferences& references) : seen_(seen), references_(references) {}

  Findings run() {
    for (const auto& one : seen_.dependencies) judge(one);
    judge_views();
    judge_sequences();
    for (const auto& trigger : seen_.triggers) judge(trigger);
    for (const auto& program : seen_.programs) judge(program);
    return std::move(found_);
  }

 private:
  void add(const char* id, Severity severity, const std::string& object, std::string evidence, std::string query,
           std::string why, std::string fix) {
    found_.push_back({std::string("schema.") + id, severity, fmt::format("{} on {}", object, seen_.side),
                      std::move(evidence), std::move(query), std::move(why), std::move(fix)});
  }
  static std::string regclass(const TableName& name) { return quote_literal(name.sql()) + "::regclass"; }
  [[nodiscard]] std::string with_part(const TableName& table) const {
    return fmt::format("{} {}", name_of(references_.part_of(table)), table.sql());
  }
  [[nodiscard]] bool on_other_side(const TableName& one, const TableName& other) const {
    const auto a = references_.part_of(one);
    const auto b = references_.part_of(other);
    return a != Part::neither && b != Part::neither && a != b;
  }

  void judge(const Dependency& one) {
    switch (one.kind) {
      case DependencyKind::foreign_key: return judge_foreign_key(one);
      case DependencyKind::rule:
        return judge_part_of_table(
            one, "rule", fmt::format("SELECT definition FROM pg_rules WHERE rulename = {}", quote_literal(one.name)),
            "what it writes or reads on the other side is a stale copy there",
            fmt::format("DROP RULE {} ON {}", quote_identifier(one.name), one.on.sql()));
      case DependencyKind::policy:
        return judge_part_of_table(
            one, "policy",
            fmt::format("SELECT qual, with_check FROM pg_policies WHERE policyname = {}", quote_literal(one.name)),
            "who may see which rows would be decided by a stale copy",
            fmt::format("DROP POLICY {} ON {}, after one that needs no table of the other side",
                        quote_identifier(one.name), one.on.sql()));
      default: return;
    }
  }

  void judge_foreign_key(const Dependency& one) {
    if (!on_other_side(one.on, one.uses)) return;
    add("foreign_key_crosses", Severity::blocker, fmt::format("foreign key {} of table {}", one.name, one.on.sql()),
        fmt::format("{} refers to {}", with_part(one.on), with_part(one.uses)),
        fmt::format(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = {}",
            regclass(one.on)),
        "after the split the rows that it refers to are a stale copy: what is new there is refused, what is deleted "
        "there is not noticed",
        fmt::format("ALTER TABLE {} DROP CONSTRAINT {}, and let the application or a clean-up job keep what it kept",
                    one.on.sql(), quote_identifier(one.name)));
  }

  // A rule or a policy: what it reaches through views counts.
  void judge_part_of_table(const Dependency& one, const char* what, std::string query, const char* why,
                           std::string fix) {
    const auto part = references_.part_of(one.on);
    if (part == Part::neither) return;
    const auto touched = references_.of_relation(one.uses);
    if (touched.of(other_part(part)).empty()) return;
    add(fmt::format("{}_crosses", what).c_str(), Severity::blocker,
        fmt::format("{} {} of table {}", what, one.name, one.on.sql()),
        fmt::format("it is on {} and uses {}", with_part(one.on), touched.text()), std::move(query), why,
        std::move(fix));
  }

  void judge_views() {
    std::map<TableName, DependencyKind> views;
    for (const auto& one : seen_.dependencies) {
      if (one.kind == DependencyKind::view || one.kind == DependencyKind::materialized_view) views[one.on] = one.kind;
    }
    for (const auto& [name, kind] : views) {
      const auto touched = references_.of_relation(name);
      if (!touched.both()) continue;
      const bool materialized = kind == DependencyKind::materialized_view;
      add(materialized ? "materialized_view_crosses" : "view_crosses", Severity::warning,
          fmt::format("{}view {}", materialized ? "materialized " : "", name.sql()), "it reads " + touched.text(),
          fmt::format("SELECT pg_get_viewdef({})", regclass(name)),
          "on either side one half of what it reads is a stale copy, and nothing tells its readers",
          fmt::format("read both sides from the application; then DROP {}VIEW {}", materialized ? "MATERIALIZED " : "",
                      name.sql()));
    }
  }

  void judge_sequences() {
    std::map<TableName, Touched> sequences;
    for (const auto& one : seen_.dependencies) {
      if (one.kind == DependencyKind::sequence_owner || one.kind == DependencyKind::sequence_use)
        sequences[one.on].add(references_.of_relation(one.uses));
    }
    judge_sequences_in_code(sequences);
    for (const auto& [name, tables] : sequences) {
      if (!tables.both()) continue;
      add("sequence_crosses", Severity::blocker, "sequence " + name.sql(), "it gives values to " + tables.text(),
          fmt::format("SELECT adrelid::regclass, pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE pg_get_expr(adbin, "
                      "adrelid) LIKE {}",
                      quote_literal("%" + name.name + "%")),
          "each side would go on with its own copy, and values that were unique come twice",
          "give the tables of one side a sequence of their own: CREATE SEQUENCE, setval, ALTER TABLE ... ALTER COLUMN "
          "... SET DEFAULT");
    }
  }

  // Those that cross by a trigger, a function or a view only: what stands in code may be a guess.
  void judge_sequences_in_code(const std::map<TableName, Touched>& by_columns) {
    for (const auto& one : seen_.sequences) {
      Touched tables;
      for (const auto& table : one.uses) tables.add(references_.of_relation(table));
      const auto known = by_columns.find(one.name);
      if (!tables.both() || (known != by_columns.end() && known->second.both())) continue;
      add("sequence_crosses", Severity::warning, "sequence " + one.name.sql(),
          fmt::format("it gives values to {}; some of them by triggers, functions or views", tables.text()),
          fmt::format("SELECT oid::regprocedure FROM pg_proc WHERE prosrc LIKE {}",
                      quote_literal("%" + one.name.name + "%")),
          "each side would go on with its own copy, and values that were unique come twice",
          "let the code of one side call a sequence of its own: CREATE SEQUENCE, setval, CREATE OR REPLACE FUNCTION");
    }
  }

  void judge(const Trigger& trigger) {
    const auto part = references_.part_of(trigger.table);
    if (!trigger.enabled || part == Part::neither) return;
    const auto object = fmt::format("trigger {} of table {}", trigger.name, trigger.table.sql());
    const auto query =
        fmt::format("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = {}", quote_literal(trigger.name));
    const auto touched = references_.of_function(trigger.function);
    if (!touched.of(other_part(part)).empty()) {
      in_triggers_.insert(trigger.function);
      const bool writes = touched.writes(other_part(part));
      add("trigger_crosses", writes && !touched.guessed ? Severity::blocker : Severity::warning, object,
          fmt::format("{}; its function {} touches {}{}", with_part(trigger.table), trigger.function.sql(),
                      touched.text(), how(touched)),
          query,
          writes ? "after the split its write to the other side's table is refused, and with it the client's own"
                 : "it would read a stale copy of the other side's table",
          fmt::format("let the application do it, then: DROP TRIGGER {} ON {}", quote_identifier(trigger.name),
                      trigger.table.sql()));
    }
    if (trigger.fires_on_apply && part == Part::moved) {
      add("trigger_fires_on_apply", Severity::warning, object, "it is ENABLE REPLICA or ALWAYS", query,
          "it fires once more when a row comes by logical replication, as in reverse replication: what it writes comes "
          "twice",
          fmt::format("ALTER TABLE {} ENABLE TRIGGER {}", trigger.table.sql(), quote_identifier(trigger.name)));
    }
  }

  static std::string how(const Touched& touched) {
    return touched.guessed ? " (some of it found by words only, not parsed)" : "";
  }

  void judge(const Program& program) {
    if (in_triggers_.contains(program.name)) return;
    const auto touched = references_.of_function(program.name);
    if (!touched.both()) return;
    add("function_crosses", touched.guessed ? Severity::note : Severity::warning, "function " + program.signature,
        fmt::format("it touches {}{}", touched.text(), how(touched)),
        fmt::format("SELECT pg_get_functiondef({}::regprocedure)", quote_literal(program.signature)),
        "on either side one half of what it touches is a stale copy, which takes no writes",
        "make two functions of it, one for each side, and call them from the application");
  }

  const CrossingSeen& seen_;
  TableReferences& references_;
  std::set<TableName> in_triggers_;  // functions that were named with their triggers
  Findings found_;
};

}  // namespace

Result<CrossingSeen> inspect_crossing(postgres::Connection& session, const std::string& side, Deadline deadline) {
  CrossingSeen seen;
  seen.side = side;
  TRY_ASSIGN(seen.dependencies, postgres::dependencies(session, deadline));
  TRY_ASSIGN(seen.programs, postgres::programs(session, deadline));
  TRY_ASSIGN(seen.triggers, postgres::triggers(session, deadline));
  TRY_ASSIGN(seen.sequences, postgres::sequence_uses(session, deadline));
  return seen;
}

Findings judge_crossing(const CrossingSeen& seen, TableReferences& references) {
  return CrossingJudge(seen, references).run();
}

}  // namespace pgcleave::checks
