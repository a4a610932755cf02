// check.truncation: could the stale half of a side be emptied? Names what stands against it while nothing has been
// changed yet.
#include "base/format.h"
#include "base/units.h"
#include "checks/schema/stale_half.h"
#include "postgres/sql/row_counts.h"
#include "steps/check/judging.h"
#include "steps/tables/half.h"

namespace pgcleave::steps {
namespace {

struct Amount {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  bool exact = true;
};

Result<Amount> amount_of(postgres::Connection& leader, const std::vector<postgres::TableName>& tables,
                         Deadline deadline) {
  TRY_ASSIGN(const auto counts, postgres::row_counts(leader, tables, deadline));
  TRY_ASSIGN(const auto sizes, fence::sizes(leader, tables, deadline));
  Amount amount;
  for (const auto& count : counts) {
    amount.rows += count.rows;
    amount.exact = amount.exact && count.exact;
  }
  for (const auto& size : sizes) amount.bytes += size.all.count;
  return amount;
}

Result<Json> outputs_of(Context& context, const world::StaleHalf& half) {
  auto& side = context.on();
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto amount, amount_of(*leader, half.with_rows, context.deadline));
  TRY_ASSIGN(const auto left_alone, in_words(half_of(context), half.left_alone, context.deadline));
  auto text = fmt::format("on {} {} {} tables with {}, {}", side.label(), half.with_rows.size(), context.text("which"),
                          postgres::rows_in_words(amount.rows, amount.exact), to_text(Bytes{amount.bytes}));
  if (!left_alone.empty()) text += fmt::format(" ({})", fmt::join(left_alone, "; "));
  return Json{{"text", text},          {"tables", half.with_rows.size()}, {"rows", amount.rows},
              {"bytes", amount.bytes}, {"left_alone", left_alone.size()}, {"split", context.world.split.name}};
}

struct OfHalf {
  world::StaleHalf half;
  checks::Findings in_use;
};

Result<OfHalf> inspect_half(Context& context) {
  OfHalf seen;
  const auto of = half_of(context);
  TRY_ASSIGN(seen.half, stale_half(of, context.deadline));
  TRY_ASSIGN(seen.in_use, checks::uses_of(of, seen.half, context.deadline));
  return seen;
}

Result<Observation> observe_check_truncation(Context& context) {
  TRY_ASSIGN(const auto of_half, inspect_half(context));
  Observation seen;
  std::vector<std::string> lines;
  for (const auto& one : of_half.in_use) lines.push_back(in_a_line(one));
  seen.evidence = fmt::format("{}", fmt::join(lines, " | "));
  if (!lines.empty()) return seen;
  TRY_ASSIGN(seen.outputs, outputs_of(context, of_half.half));
  seen.state = State::done;
  seen.evidence = "nothing depends on what would be emptied: " + seen.outputs.value("text", "");
  return seen;
}

Result<Json> apply_check_truncation(Context& context, const Json&) {
  TRY_ASSIGN(const auto of_half, inspect_half(context));
  if (!of_half.in_use.empty()) return refused(context, of_half.in_use);
  return outputs_of(context, of_half.half);
}

}  // namespace

StepKind check_truncation() {
  return {{.kind = "check.truncation",
           .purpose = "Tells what a cleanup would empty on a side, and checks that nothing depends on it: foreign "
                      "keys, publications, "
                      "subscriptions.",
           .parameters = stale_half_parameters(),
           .outputs = {{"text", "what would be emptied and what would not, in a line for people"},
                       {"tables", "how many tables would be emptied"},
                       {"rows", "how many rows they hold; of large tables an estimate"},
                       {"bytes", "how much space they take, indexes and TOAST included"},
                       {"left_alone", "how many tables would be left alone"},
                       {"split", "the split's name"}},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .undo_kind = runbook::UndoKind::nothing,
           .traits = {}},
          nullptr,
          observe_check_truncation,
          apply_check_truncation,
          nullptr};
}

}  // namespace pgcleave::steps
