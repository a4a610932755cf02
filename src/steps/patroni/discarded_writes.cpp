#include "steps/patroni/discarded_writes.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "base/counted.h"
#include "base/format.h"
#include "fence/kept_fence.h"
#include "postgres/identity.h"
#include "postgres/lineage.h"
#include "postgres/replication.h"
#include "postgres/wal.h"
#include "world/link.h"

namespace pgcleave::steps {
namespace {

constexpr std::size_t most_in_words = 3;
constexpr std::size_t most_in_text = 100;

const postgres::TableName large_objects{"pg_catalog", "pg_largeobject"};

using Classes = std::map<postgres::TableName, std::string>;

void add(Classes& classes, const std::vector<postgres::Table>& tables, const char* which) {
  for (const auto& table : tables) {
    if (table.holds_rows) classes[table.name] = which;
  }
}

Classes classes_on(const SideTables& tables, const CountedClasses& counted) {
  Classes classes;
  if (counted.moved) add(classes, tables.split.moved, "moved");
  if (counted.kept) add(classes, tables.split.kept, "kept");
  if (counted.shared) add(classes, tables.split.shared, "shared");
  for (const auto& name : tables.unclassified) classes[name] = "";
  classes[large_objects] = "";
  return classes;
}

std::vector<postgres::TableName> names_in(const Classes& classes) {
  std::vector<postgres::TableName> names;
  for (const auto& [name, which] : classes) names.push_back(name);
  return names;
}

// A TRUNCATE counts no row, and gives the table another file. A kept table that is fenced here can only have got one on
// the other side.
Result<std::vector<std::string>> rewritten(World& world, postgres::Connection& here, postgres::Connection& there,
                                           Classes classes, Deadline deadline) {
  std::vector<postgres::TableName> kept;
  for (const auto& [name, which] : classes) {
    if (which == "kept") kept.push_back(name);
  }
  TRY_ASSIGN(const auto drift, fence::kept_fence_drift(here, world.fence(), kept, deadline));
  for (const auto& name : kept) {
    if (std::find(drift.missing.begin(), drift.missing.end(), name) == drift.missing.end()) classes.erase(name);
  }
  classes.erase(large_objects);
  TRY_ASSIGN(const auto nodes, postgres::file_nodes(here, names_in(classes), deadline));
  TRY_ASSIGN(const auto others, postgres::file_nodes(there, names_in(classes), deadline));
  std::vector<std::string> found;
  for (const auto& [name, node] : nodes) {
    const auto other = others.find(name);
    if (other != others.end() && other->second != node)
      found.push_back(name.sql() + " was truncated or rewritten on one of the two sides");
  }
  return found;
}

}  // namespace

runbook::Parameter classes_parameter() {
  return {"classes",
          runbook::Type::list,
          Json::array({"moved", "kept", "shared"}),
          false,
          "which tables of the split: leave out moved where reverse replication has carried them to the other side",
          {}};
}

Result<CountedClasses> classes_of(const Context& context) {
  CountedClasses classes{false, false, false};
  for (const auto& name : context.with.value("classes", Json::array({"moved", "kept", "shared"}))) {
    if (name == "moved") {
      classes.moved = true;
    } else if (name == "kept") {
      classes.kept = true;
    } else if (name == "shared") {
      classes.shared = true;
    } else {
      return fail({ErrorKind::invalid, "step " + context.step, "knows no such class of tables", "moved, kept or shared",
                   name.dump(), "correct `classes` in the runbook", ""});
    }
  }
  return classes;
}

std::int64_t DiscardedWrites::rows() const {
  return std::accumulate(tables.begin(), tables.end(), std::int64_t{0},
                         [](auto sum, const auto& table) { return sum + table.rows; });
}

std::string DiscardedWrites::summary() const {
  const auto plain = [](const auto& table) { return printable(table.name.sql()) == table.name.sql(); };
  std::string text;
  if (tables.size() > most_in_words || !std::all_of(tables.begin(), tables.end(), plain)) {
    text = fmt::format("{} of {}", counted(rows(), "row"), counted(tables.size(), "table"));
  } else {
    for (const auto& table : tables)
      text += fmt::format("{}{} of {}", text.empty() ? "" : ", ", counted(table.rows, "row"), table.name.sql());
  }
  if (!uncounted.empty()) text += (text.empty() ? "" : " and ") + std::string("what cannot be counted");
  return text;
}

std::string DiscardedWrites::words() const {
  return nothing() ? "" : "give up " + summary();
}

std::string DiscardedWrites::text(const Side& side) const {
  const auto where = "on " + side.label() + (promoted_at.empty() ? "" : " since its promotion at " + promoted_at);
  std::string text;
  if (standby) {
    text = side.label() + " is a standby and has no rows of its own";
    if (!exposed.empty()) {
      const auto shown = std::min(exposed.size(), most_in_words);
      text += fmt::format("; once it is promoted, a rollback gives up what is written there to {}: {}{}",
                          counted(exposed.size(), "table"),
                          fmt::join(exposed.begin(), exposed.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                          exposed.size() > shown ? ", ..." : "");
    }
  } else if (tables.empty()) {
    text = "no row that a rollback would lose was counted " + where;
  } else {
    auto known = *this;
    known.uncounted.clear();
    text = fmt::format("{} {} written {}", known.summary(), rows() == 1 ? "was" : "were", where);
    for (std::size_t i = 0; i < tables.size() && i < most_in_text; ++i) {
      const auto& table = tables[i];
      text += fmt::format("{}{} {}{}", i == 0 ? ": " : ", ", table.name.sql(), table.rows,
                          table.which.empty() ? "" : " (" + table.which + ")");
    }
    if (tables.size() > most_in_text) text += fmt::format(" and {} tables more", tables.size() - most_in_text);
  }
  if (!uncounted.empty()) text += fmt::format("; that is not all that can be told: {}", fmt::join(uncounted, "; "));
  return text;
}

Json DiscardedWrites::outputs(const Side& side) const {
  Json list = Json::array();
  for (const auto& table : tables)
    list.push_back({{"table", table.name.sql()}, {"rows", table.rows}, {"class", table.which}});
  return {{"text", text(side)},     {"rows", rows()},        {"tables", list},
          {"uncounted", uncounted}, {"given_up", summary()}, {"words", words()}};
}

Result<DiscardedWrites> discarded_writes(World& world, Side& side, const CountedClasses& classes, Deadline deadline) {
  DiscardedWrites found;
  TRY_ASSIGN(auto* here, side.leader(deadline));
  TRY_ASSIGN(const auto recovery, postgres::recovery(*here, deadline));
  TRY_ASSIGN(const auto tables, tables_on(world, side, deadline));
  const auto wanted = classes_on(tables, classes);
  for (const auto& [name, which] : wanted) {
    if (which == "shared" || which == "moved") found.exposed.push_back(name.sql());
  }
  found.standby = recovery.in_recovery;
  found.quiet_for = std::chrono::hours(24);
  if (found.standby) return found;
  TRY_ASSIGN(auto* there, world.other(side).leader(deadline));
  TRY_ASSIGN(const auto writes, postgres::writes(*here, names_in(wanted), deadline));
  TRY_ASSIGN(const auto own, postgres::lineage(*here, deadline));
  TRY_ASSIGN(const auto other, postgres::lineage(*there, deadline));
  TRY_ASSIGN(const auto files, rewritten(world, *here, *there, wanted, deadline));
  for (const auto& table : writes.tables) found.tables.push_back({table.name, wanted.at(table.name), table.rows});
  found.promoted_at = writes.promoted_at;
  found.quiet_for = writes.quiet_for;
  if (!writes.counting) found.uncounted.push_back("track_counts is off on " + side.label());
  if (writes.counters_were_reset)
    found.uncounted.push_back("the counters of " + side.label() + " were reset after that, by a crash or by somebody");
  if (promotions_since_fork(own, other) > 1)
    found.uncounted.push_back(
        side.label() +
        " has begun another timeline since it was split off (a failover, or a crash), and counts from there");
  found.uncounted.insert(found.uncounted.end(), files.begin(), files.end());
  return found;
}

Result<DiscardedWrites> settled_discarded_writes(Context& context, Side& side, const CountedClasses& classes,
                                                 Duration patience) {
  const auto enough = Deadline::in(patience);
  DiscardedWrites writes;
  TRY(wait_until("sessions have handed in what they wrote", context.deadline, std::chrono::milliseconds(250),
                 context.stop, [&]() -> Result<bool> {
                   TRY_ASSIGN(writes, discarded_writes(context.world, side, classes, context.deadline.for_one_read()));
                   return writes.quiet_for > counters_settle_within || enough.passed();
                 }));
  return writes;
}

namespace {

// PostgreSQL 17 sends to a subscriber what no standby has yet, unless synchronized_standby_slots names its slot.
Result<void> add_own_failover(World& world, const Side& side, DiscardedWrites& writes, Deadline deadline) {
  const auto link = link_into(world, world.other(side));
  TRY_ASSIGN(auto* leader, link.from.leader(deadline));
  TRY_ASSIGN(const auto slot, postgres::slot(*leader, link.name, deadline));
  if (!slot || !slot->synced) return {};
  writes.uncounted.push_back(
      fmt::format("{} has failed over, and goes on with a copy of the slot: what {} had received before the new leader "
                  "had it is there alone; compare the moved tables",
                  side.label(), world.other(side).label()));
  return {};
}

}  // namespace

Result<void> add_failover(World& world, const Side& side, const std::string& then, DiscardedWrites& writes,
                          Deadline deadline) {
  if (then.find_first_not_of("0123456789") != std::string::npos) return {};  // a plan's placeholder
  if (then.empty() || writes.standby) return {};
  TRY(add_own_failover(world, side, writes, deadline));
  auto& other = world.other(side);
  TRY_ASSIGN(auto* leader, other.leader(deadline));
  TRY_ASSIGN(const auto identity, postgres::identify(*leader, deadline));
  const auto now = std::to_string(identity.timeline);
  if (now == then) return {};
  writes.uncounted.push_back(
      fmt::format("{} has another leader than when reverse replication began (timeline {} then, {} now): rows that it "
                  "had received may be gone with the old one; compare the moved tables",
                  other.label(), then, now));
  return {};
}

}  // namespace pgcleave::steps
