#include "steps/rows/comparing.h"

#include <algorithm>
#include <set>

#include "base/format.h"
#include "base/sha256.h"
#include "base/units.h"
#include "base/version.h"
#include "config/table_name.h"
#include "data/signs.h"
#include "steps/rows/row_job.h"
#include "world/run_servers.h"
#include "world/running_link.h"
#include "world/serving.h"

namespace pgcleave::steps {
namespace {

constexpr auto time_to_look = std::chrono::seconds(15);

// Which side is the original, how the other follows it, and of which classes the tables are.
struct Roles {
  world::Side& original;
  world::Side& copy;
  compare::Following following;
  bool shared = true;  // shared tables too
};

Result<Roles> roles(world::World& world, Deadline deadline) {
  TRY(world.source.leader(deadline));
  TRY(world.target.leader(deadline));
  if (world::is_standby(world.target, deadline)) return Roles{world.source, world.target, compare::by_replay(), true};
  TRY_ASSIGN(const auto link, world::running_link(world, deadline));
  if (link) return Roles{link->from, link->to, compare::by_subscription(link->name), false};
  const auto serves = side_of(world::serving(world, deadline)).value_or(world::SideName::source);
  auto& original = world.side(serves);
  return Roles{original, world.other(original), compare::no_following(), true};
}

bool is_asked_for(const ComparisonAsked& asked, const postgres::TableName& name) {
  return asked.tables.empty() || std::any_of(asked.tables.begin(), asked.tables.end(), [&](const auto& pattern) {
           return config::matches(pattern, name.schema + "." + name.name);
         });
}

// Of both sides, so that one that only one of them has is named.
Result<void> choose_tables(compare::Request& request, world::World& world, const Roles& roles,
                           const ComparisonAsked& asked, Deadline deadline) {
  std::set<postgres::TableName> names;
  std::set<postgres::TableName> parents;
  for (auto* side : {&roles.original, &roles.copy}) {
    TRY_ASSIGN(const auto seen, tables_on(world, *side, deadline));
    for (const auto* tables : {&seen.split.moved, &seen.split.shared}) {
      if (tables == &seen.split.shared && !roles.shared) continue;
      for (const auto& table : *tables) {
        if (is_asked_for(asked, table.name)) (table.holds_rows ? names : parents).insert(table.name);
      }
    }
  }
  request.tables.assign(names.begin(), names.end());
  // One that is partitioned on one side only has its rows compared, in words.
  std::set_difference(parents.begin(), parents.end(), names.begin(), names.end(), std::back_inserter(request.parents));
  if (!names.empty()) return {};
  return fail({ErrorKind::invalid, asked.tables.empty() ? "split " + world.split.name : "--tables",
               "no table is to be compared", "moved tables, or shared ones where no link runs",
               fmt::format("{}", fmt::join(asked.tables, ", ")), "see: pgcleave check", ""});
}

std::string roles_in_words(const Roles& roles) {
  const auto& following = roles.following;
  return following.follows()
             ? fmt::format("{} follows {} by {}", roles.copy.label(), roles.original.label(), following.text)
             : fmt::format("nothing carries rows between {} and {}", roles.original.label(), roles.copy.label());
}

Result<data::Limits> checked_limits(const world::World& world, world::Side& original, const ComparisonAsked& asked,
                                    Deadline deadline) {
  TRY_ASSIGN(auto limits, limits_over(world.environment, asked.limits, "limits"));
  if (asked.any_hour) limits.hours.reset();
  if (!limits.hours) return limits;
  TRY_ASSIGN(auto* leader, original.leader(deadline));
  TRY(data::check_zone(*leader, limits.hours->zone, deadline));
  return limits;
}

// How a row in pgcleave.jobs says that it is a comparison of this split; how rows are carried comes behind it.
std::string comparison_of(const std::string& split) {
  return fmt::format("compare split {}: ", split);
}

}  // namespace

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::same: return "same";
    case Verdict::different: return "different";
    case Verdict::not_proven: return "not_proven";
  }
  return "";
}

Verdict Compared::verdict() const {
  if (!outcome.shape.differences.empty()) return Verdict::different;
  const auto rows = verdict_of_rows();
  return rows == Verdict::same && !outcome.shape.not_compared.empty() ? Verdict::not_proven : rows;
}

Verdict Compared::verdict_of_rows() const {
  if (outcome.differing_tables() > 0) return Verdict::different;
  return outcome.not_compared() + outcome.undecided() > 0 ? Verdict::not_proven : Verdict::same;
}

Json Compared::json(bool with_values) const {
  Json tables = Json::array();
  for (const auto& table : outcome.tables) tables.push_back(table.json(with_values));
  return {{"verdict", name_of(verdict())},
          {"original", labels.original},
          {"copy", labels.copy},
          {"how", how},
          {"servers", servers},
          {"position", outcome.position.position == 0 ? "" : outcome.position.text()},
          {"summary",
           {{"tables", outcome.tables.size()},
            {"rows", outcome.rows()},
            {"differing_tables", outcome.differing_tables()},
            {"differences", outcome.differences()},
            {"not_compared", outcome.not_compared()},
            {"undecided", outcome.undecided()},
            {"shape_differences", outcome.shape.differences.size()}}},
          {"shape", outcome.shape.json(with_values)},
          {"resume", outcome.ended ? "" : outcome.id},
          {"tables", tables},
          {"ms", milliseconds(outcome.time)}};
}

Json evidence_of(const Compared& compared, const config::Environment& environment, const config::Split& split,
                 const std::string& by) {
  auto data = compared.json(false);
  data["environment_name"] = environment.name;
  data["class"] = environment.production ? "production" : "staging";
  data["split_name"] = split.name;
  data["split_sha256"] = sha256(split.text);
  data["operator"] = by;
  data["version"] = version();
  return data;
}

Result<Compared> compare_sides(World& world, const ComparisonAsked& asked) {
  const auto deadline = Deadline::in(time_to_look);
  TRY_ASSIGN(const auto who, roles(world, deadline));
  compare::Request request;
  const bool resumed = asked.keeping && asked.keeping->resume;
  if (!resumed) TRY(choose_tables(request, world, who, asked, deadline));
  request.original = [&](Deadline until) { return who.original.session_beside(until); };
  request.copy = [&](Deadline until) { return who.copy.session_beside(until); };
  request.labels = {who.original.label(), who.copy.label()};
  request.following = who.following;
  request.jobs = asked.jobs;
  request.longest = asked.longest;
  request.since_last = asked.since_last;
  request.patience.stop = asked.stop;
  request.tell = asked.told;
  request.say = asked.begun;
  if (!asked.flat_out) {
    TRY_ASSIGN(request.limits, checked_limits(world, who.original, asked, deadline));
  }
  Compared compared{request.labels, roles_in_words(who), {}, world::sides_seen(world)};
  request.keeping = asked.keeping;
  if (request.keeping) {
    request.keeping->definition = comparison_of(world.split.name) + compared.how;
    request.keeping->sides = fmt::format("{}, {}", request.labels.original, request.labels.copy);
  }
  if (asked.begun) {
    const auto tables = resumed ? std::string() : fmt::format("{} tables; ", request.tables.size());
    asked.begun(tables + compared.how);
  }
  TRY_ASSIGN(compared.outcome, compare::compare_tables(request));
  return compared;
}

std::string in_words(const compare::Progress& now) {
  auto text = fmt::format("table {} of {} ({}): {} blocks, {} rows of about {}, {:.0f} rows/s", now.table_number,
                          now.tables, now.table, now.blocks, now.rows, now.all_rows, now.rows_per_second());
  if (const auto left = now.left()) text += fmt::format(", {} left", data::about(*left));
  if (now.different > 0) text += fmt::format(", {} rows differ", now.different);
  if (!now.slowed.empty()) text += ", slowed: " + now.slowed;
  return text;
}

Result<std::vector<std::string>> open_comparisons(Side& side, Deadline deadline) {
  TRY_ASSIGN(auto* leader, side.leader(deadline));
  return compare::open_comparisons(*leader, "", deadline);
}

Result<std::vector<compare::UnderWay>> comparisons_under_way(Side& side, const std::string& split, Deadline deadline) {
  TRY_ASSIGN(auto* leader, side.leader(deadline));
  const auto of_split = comparison_of(split);
  TRY_ASSIGN(auto all, compare::comparisons_under_way(*leader, of_split, deadline));
  for (auto& one : all) one.definition.erase(0, of_split.size());
  return all;
}

}  // namespace pgcleave::steps
