#include "compare/shape/shape.h"

#include <algorithm>

#include "base/counted.h"
#include "base/format.h"
#include "compare/comparison.h"
#include "compare/shape/item.h"

namespace pgcleave::compare {
namespace {

constexpr int most_readings = 3;
constexpr std::size_t most_columns = 5;  // that one note names
constexpr Duration between_readings = std::chrono::milliseconds(200);

struct Reading {
  BothItems items;
  std::vector<ShapeDifference> differences;
};

Result<Reading> read_once(const Request& request, Pair& pair, const std::vector<postgres::TableName>& tables) {
  Reading reading;
  TRY_ASSIGN(reading.items, read_items(pair, tables, Deadline::in(request.patience.with_request)));
  const std::set<postgres::TableName> with_rows(request.tables.begin(), request.tables.end());
  reading.differences = differences_of(reading.items, with_rows);
  return reading;
}

// What differs in the same way in both readings: DDL that was on its way in the one is not in the other.
void keep_what_lasts(Reading& reading, const Reading& earlier) {
  std::vector<ShapeDifference> lasting;
  std::set_intersection(reading.differences.begin(), reading.differences.end(), earlier.differences.begin(),
                        earlier.differences.end(), std::back_inserter(lasting));
  reading.differences = std::move(lasting);
}

// A trigger fires while a subscription applies rows if it is enabled for replica or always.
void note_triggers_on_apply(const Request& request, const ShapeItems& copy, ComparedShape& compared) {
  for (const auto& [key, item] : copy) {
    if (item.kind != ShapeKind::trigger || item.definition.empty() || !item.state.starts_with("ENABLE ")) continue;
    compared.notes.push_back(
        fmt::format("trigger {} of {} is {} on {}: it fires when {} applies rows, and may be why rows differ",
                    item.name, item.table.sql(), item.state, request.labels.copy, request.following.text));
  }
}

void note_unjudged(std::vector<std::string> columns, ComparedShape& compared) {
  if (columns.empty()) return;
  const auto all = columns.size();
  if (all > most_columns) columns.resize(most_columns);
  compared.notes.push_back(fmt::format(
      "whether a sequence gives out a key that is there was not judged for {}, since no index begins with it: {}{}",
      counted(all, "column"), fmt::join(columns, ", "), all > most_columns ? ", ..." : ""));
}

Result<ComparedShape> compare_once(const Request& request) {
  auto tables = request.tables;
  tables.insert(tables.end(), request.parents.begin(), request.parents.end());
  TRY_ASSIGN(auto pair, Pair::open(request.original, request.copy, Deadline::in(request.patience.to_connect)));
  TRY_ASSIGN(auto reading, read_once(request, pair, tables));
  if (!reading.differences.empty() && request.following.follows()) {
    TRY(let_copy_catch_up(pair, request.following, request.patience));
    TRY_ASSIGN(auto later, read_once(request, pair, tables));
    keep_what_lasts(later, reading);
    reading = std::move(later);
  }
  ComparedShape compared;
  compared.differences = std::move(reading.differences);
  if (request.following.by_apply) note_triggers_on_apply(request, reading.items.copy, compared);
  TRY_ASSIGN(auto sequences, judge_sequences(pair.original(), tables, Deadline::in(request.patience.with_request)));
  note_unjudged(sequences.unjudged, compared);
  for (auto& one : sequences.differences) compared.differences.push_back(std::move(one));
  std::sort(compared.differences.begin(), compared.differences.end());
  return compared;
}

}  // namespace

Result<ComparedShape> compare_shape(const Request& request) {
  for (int n = 1;; ++n) {
    auto compared = compare_once(request);
    if (compared || compared.error().kind == ErrorKind::interrupted) return compared;
    if (n < most_readings && may_succeed_later(compared.error()) &&
        sleep_until(Deadline::in(between_readings), between_readings, request.patience.stop))
      continue;
    ComparedShape none;
    none.not_compared = compared.error().text();
    return none;
  }
}

}  // namespace pgcleave::compare
