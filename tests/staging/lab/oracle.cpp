// Who is right about a write? The client's history says what it was told; the rows say what is stored.
//
//   told ok,      absent on the serving side                          lost
//   the same, whole, acknowledged in the time that a failover may lose      lost_by_failover (allowed)
//   told failed,  present there                                       failed_but_present
//   told unknown, present there                                       unknown_but_present (allowed)
//   the same (client, n), or the same id of one sequence, twice       duplicated
//   the same (client, n) or id on both sides, other content           on_both_sides: each side stored it by itself
//   on the other side only, stored by that other side                 stranded: it accepted a write that it may not
//   have
#include "oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pgcleave_lab {
namespace {

using Key = std::pair<int, long long>;  // client, n

struct Judge {
  Findings findings;
  std::set<Key> lost_by_failover;
  std::set<Key> may_have_a_copy;  // absent, with the failover's leave, and perhaps replicated before it
  std::map<std::string, int> told;

  void note(const char* kind, long long& count, const std::string& what) {
    ++count;
    if (++told[kind] <= 5) findings.examples.push_back(fmt::format("{}: {}", kind, what));
  }
};

using Index = std::map<std::string, std::map<Key, const StoredRow*>>;

Index index_of(const StoredRows& rows) {
  Index index;
  for (const auto& [table, all] : rows.tables)
    for (const StoredRow& row : all) index[table].emplace(Key{row.client, row.n}, &row);
  return index;
}

std::string describe(const std::string& table, const StoredRow& row) {
  return fmt::format("{} client {} n {} id {} stored on {} at {}", table, row.client, row.n, row.id, row.stored_on,
                     row.stored_at);
}

bool moved(const std::string& table) {
  return table != write_kind("note").tables.front()->name;
}

bool may_be_lost(const Record& record, const std::vector<Failover>& failovers) {
  return std::any_of(failovers.begin(), failovers.end(), [&](const Failover& failover) {
    return failover.scope == record.stored_on && failover.acknowledged.holds(record.end);
  });
}

void compare_with_history(Judge& judge, const std::vector<Record>& history, const Index& serving, const Index& staying,
                          const std::vector<Failover>& failovers) {
  for (const Record& record : history) {
    if (!record.is_write()) continue;
    const WriteKind& kind = write_kind(record.kind);
    std::string missing, present;
    for (const WrittenTable* table : kind.tables) {
      const auto& rows = (kind.moved ? serving : staying).at(table->name);
      const auto found = rows.find({record.client, record.n});
      (found == rows.end() ? missing : present) += std::string(" ") + table->name;
      if (found != rows.end() && record.outcome == Outcome::ok && table == kind.tables.front() &&
          found->second->stored_on != record.stored_on)
        judge.note("on_both_sides", judge.findings.on_both_sides,
                   fmt::format("acknowledged by {}, but {}", record.stored_on, describe(table->name, *found->second)));
    }
    const std::string who =
        fmt::format("client {} n {} ({}, stored on {})", record.client, record.n, record.kind, record.stored_on);
    if (record.outcome == Outcome::ok && present.empty() && may_be_lost(record, failovers)) {
      judge.lost_by_failover.insert({record.client, record.n});
      judge.may_have_a_copy.insert({record.client, record.n});
      ++judge.findings.lost_by_failover;
    } else if (record.outcome == Outcome::ok && !missing.empty())
      judge.note("lost", judge.findings.lost, fmt::format("{} is absent from{}", who, missing));
    if (record.outcome == Outcome::failed && !present.empty())
      judge.note("failed_but_present", judge.findings.failed_but_present,
                 fmt::format("{} is in{}: {}", who, present, record.error));
    if (record.outcome == Outcome::unknown && present.empty() && !failovers.empty())
      judge.may_have_a_copy.insert({record.client, record.n});
    if (record.outcome == Outcome::unknown && !present.empty()) {
      ++judge.findings.unknown_but_present;
      if (!missing.empty())
        judge.note("lost", judge.findings.lost, fmt::format("half of {}: absent from{}", who, missing));
    }
  }
}

// Each counted write adds one: fewer than were acknowledged is a lost update, more than could be is a repeated one.
void compare_counters(Judge& judge, const std::vector<Record>& history, const StoredRows& serving, bool live) {
  struct Expected {
    long long certain = 0, possible = 0, last = 0;
  };
  std::map<int, Expected> expected;
  for (const Record& record : history) {
    if (!record.is_write() || !write_kind(record.kind).counts) continue;
    Expected& e = expected[record.client];
    if (record.outcome != Outcome::failed) ++e.possible;
    if (record.outcome != Outcome::ok || judge.lost_by_failover.count({record.client, record.n}) > 0) continue;
    ++e.certain;
    e.last = std::max(e.last, record.n);
  }
  for (const auto& [client, e] : expected) {
    const auto found = serving.counters.find(client);
    const Counter stored = found == serving.counters.end() ? Counter{} : found->second;
    const std::string what =
        fmt::format("ci.counters client {} counted {} writes up to n {}; acknowledged {} up to n {}, possible {}",
                    client, stored.writes, stored.n, e.certain, e.last, e.possible);
    if (stored.writes < e.certain || stored.n < e.last) judge.note("lost", judge.findings.lost, what);
    if (!live && stored.writes > e.possible) judge.note("duplicated", judge.findings.duplicated, what);
  }
}

void find_duplicates(Judge& judge, const StoredRows& side, bool want_moved) {
  std::map<std::string, std::map<long long, std::string>> ids;  // by sequence
  for (const WrittenTable& table : written_tables()) {
    if (moved(table.name) != want_moved) continue;
    std::set<Key> keys;
    for (const StoredRow& row : side.tables.at(table.name)) {
      if (!keys.insert({row.client, row.n}).second)
        judge.note("duplicated", judge.findings.duplicated, "the same write twice: " + describe(table.name, row));
      const auto [first, fresh] = ids[table.sequence].emplace(row.id, table.name);
      if (!fresh)
        judge.note("duplicated", judge.findings.duplicated,
                   fmt::format("the same id as in {}: {}", first->second, describe(table.name, row)));
    }
  }
}

void compare_sides(Judge& judge, const StoredRows& serving, const StoredRows& other, const std::string& other_scope) {
  const Index index = index_of(serving);
  for (const WrittenTable& table : written_tables()) {
    if (!moved(table.name)) continue;
    std::map<long long, const StoredRow*> by_id;
    for (const StoredRow& row : serving.tables.at(table.name)) by_id.emplace(row.id, &row);
    const auto rows = index.find(table.name);
    for (const StoredRow& theirs : other.tables.at(table.name)) {
      const StoredRow* ours = nullptr;
      if (rows != index.end())
        if (const auto found = rows->second.find({theirs.client, theirs.n}); found != rows->second.end())
          ours = found->second;
      const auto same_id = by_id.find(theirs.id);
      if (ours && (ours->id != theirs.id || ours->stored_on != theirs.stored_on || ours->stored_at != theirs.stored_at))
        judge.note(
            "on_both_sides", judge.findings.on_both_sides,
            fmt::format("{}; on {}: {}", describe(table.name, *ours), other_scope, describe(table.name, theirs)));
      // The sequence of the member that leads now gives the ids of lost rows out again. No side stored a write of its
      // own by that.
      else if (!ours && theirs.stored_on != other_scope && judge.may_have_a_copy.count({theirs.client, theirs.n}) > 0)
        continue;
      else if (!ours && same_id != by_id.end())
        judge.note("on_both_sides", judge.findings.on_both_sides,
                   fmt::format("one id, two writes: {}; on {}: {}", describe(table.name, *same_id->second), other_scope,
                               describe(table.name, theirs)));
      else if (!ours && theirs.stored_on == other_scope)
        judge.note("stranded", judge.findings.stranded,
                   fmt::format("only on {}: {}", other_scope, describe(table.name, theirs)));
    }
  }
}

double milliseconds_of(std::int64_t us) {
  return static_cast<double>(us) / 1000;
}

double longest_gap_ms(std::vector<std::int64_t>& moments) {
  std::sort(moments.begin(), moments.end());
  std::int64_t longest = 0;
  for (std::size_t i = 1; i < moments.size(); ++i) longest = std::max(longest, moments[i] - moments[i - 1]);
  return milliseconds_of(longest);
}

}  // namespace

Findings judge(const std::vector<Record>& history, const StoredRows& serving, const StoredRows& staying,
               const StoredRows* other, const std::string& other_scope, bool live,
               const std::vector<Failover>& failovers) {
  Judge judge;
  Index serving_index = index_of(serving), staying_index = index_of(staying);
  for (const WrittenTable& table : written_tables()) serving_index[table.name], staying_index[table.name];
  compare_with_history(judge, history, serving_index, staying_index, failovers);
  compare_counters(judge, history, serving, live);
  find_duplicates(judge, serving, true);
  find_duplicates(judge, staying, false);
  if (other) compare_sides(judge, serving, *other, other_scope);
  return judge.findings;
}

Latencies measure(const std::vector<Record>& history, const Window& window) {
  Latencies out;
  std::vector<std::int64_t> commits, staying_commits, durations;
  for (const Record& record : history) {
    if (!window.holds(record.end) && !window.holds(record.start)) continue;
    const std::int64_t duration = record.end.steady_us - record.start.steady_us;
    out.wait_max_ms = std::max(out.wait_max_ms, milliseconds_of(duration));
    if (record.outcome != Outcome::ok) {
      ++out.client_errors;
      ++out.messages[record.error];
    }
    if (!record.is_write()) {
      ++out.reads;
      continue;
    }
    ++(record.outcome == Outcome::ok ? out.acknowledged : record.outcome == Outcome::failed ? out.failed : out.unknown);
    if (record.outcome != Outcome::ok) continue;
    durations.push_back(duration);
    const bool moved = write_kind(record.kind).moved;
    if (moved) ++out.stored_on[record.stored_on];
    (moved ? commits : staying_commits).push_back(record.end.steady_us);
  }
  out.gap_ms = longest_gap_ms(commits);
  out.staying_gap_ms = longest_gap_ms(staying_commits);
  if (durations.empty()) return out;
  std::sort(durations.begin(), durations.end());
  out.p50_ms = milliseconds_of(durations[durations.size() / 2]);
  out.p99_ms = milliseconds_of(durations[durations.size() * 99 / 100]);
  if (commits.size() > 1)
    out.per_second = static_cast<double>(commits.size()) / (milliseconds_of(commits.back() - commits.front()) / 1000);
  return out;
}

}  // namespace pgcleave_lab
