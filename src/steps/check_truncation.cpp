// check.truncation: could the stale half of a side be emptied? Names what stands against it while nothing has been changed yet.
#include "base/format.h"
#include "base/units.h"
#include "postgres/row_counts.h"
#include "steps/checking.h"
#include "steps/findings.h"
#include "steps/link.h"
#include "steps/registry.h"
#include "steps/stale_half.h"

namespace pgcleave::steps {
namespace {

struct Amount {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  bool exact = true;
};

Result<Amount> amount_of(postgres::Connection& leader, const std::vector<postgres::TableName>& tables, Deadline deadline) {
  TRY_ASSIGN(const auto counts, postgres::row_counts(leader, tables, deadline));
  TRY_ASSIGN(const auto sizes, postgres::sizes(leader, tables, deadline));
  Amount amount;
  for (const auto& count : counts) {
    amount.rows += count.rows;
    amount.exact = amount.exact && count.exact;
  }
  for (const auto& size : sizes) amount.bytes += size.all.count;
  return amount;
}

Result<Json> facts_of(Context& context, const StaleHalf& half) {
  auto& side = context.on();
  TRY_ASSIGN(auto* leader, side.leader(context.deadline));
  TRY_ASSIGN(const auto amount, amount_of(*leader, half.with_rows, context.deadline));
  TRY_ASSIGN(const auto left_alone, in_words(context, half.left_alone));
  auto text = fmt::format("on {} {} {} tables with {}, {}", side.label(), half.with_rows.size(), context.text("which"),
                          postgres::rows_in_words(amount.rows, amount.exact), to_text(Bytes{amount.bytes}));
  if (!left_alone.empty()) text += fmt::format(" ({})", fmt::join(left_alone, "; "));
  return Json{{"text", text},          {"tables", half.with_rows.size()}, {"rows", amount.rows},
              {"bytes", amount.bytes}, {"left_alone", left_alone.size()}, {"split", context.world.split.name}};
}

Result<Observation> observe_check_truncation(Context& context) {
  TRY_ASSIGN(const auto half, stale_half(context));
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto obstacles, postgres::obstacles_to_truncation(*leader, half.tables, link_names(context.world), context.deadline));
  Findings findings;
  for (const auto& obstacle : obstacles) findings.add(context.on().label(), obstacle);
  Observation seen;
  seen.evidence = findings.text();
  if (!findings.empty()) return seen;
  TRY_ASSIGN(seen.facts, facts_of(context, half));
  seen.state = State::done;
  seen.evidence = "nothing depends on what would be emptied: " + seen.facts.value("text", "");
  return seen;
}

Result<Json> apply_check_truncation(Context& context, const Json&) {
  return check_once(context, observe_check_truncation);
}

}  // namespace

StepKind check_truncation() {
  return {{.kind = "check.truncation",
           .purpose = "Tells what a cleanup would empty on a side, and checks that nothing depends on it: foreign keys, publications, "
                      "subscriptions.",
           .parameters = stale_half_parameters(),
           .facts = {{"text", "what would be emptied and what would not, in a line for people"},
                     {"tables", "how many tables would be emptied"},
                     {"rows", "how many rows they hold; of large tables an estimate"},
                     {"bytes", "how much space they take, indexes and TOAST included"},
                     {"left_alone", "how many tables would be left alone"},
                     {"split", "the split's name"}},
           .changes = "",
           .undo = "nothing to undo: it only looks",
           .meaning = {}},
          nullptr,
          observe_check_truncation,
          apply_check_truncation,
          nullptr};
}

}  // namespace pgcleave::steps
