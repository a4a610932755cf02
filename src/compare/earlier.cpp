#include "compare/earlier.h"

#include "base/format.h"

namespace pgcleave::compare {
namespace {

// What both servers sort by and store; another version of a collation sorts otherwise.
std::string form_text(const ComparedTable& table, const Both<Form>& forms) {
  std::vector<std::string> orders;
  for (const auto& column : table.columns) orders.push_back(column.order);
  return fmt::format("{}; {}; {}; {}", shape_text(table), fmt::join(orders, ","), forms.original.text, forms.copy.text);
}

Form form_of(const Forms& forms, const postgres::TableName& table) {
  const auto found = forms.find(table);
  return found == forms.end() ? Form{"", "it is not there"} : found->second;
}

}  // namespace

void Earlier::say(const std::string& text) const {
  if (request_.say) request_.say(text);
}

Result<void> Earlier::note(Pair& pair, const std::vector<ComparedTable>& tables) {
  const auto deadline = [&] { return Deadline::in(request_.patience.with_request); };
  TRY_ASSIGN(horizons_.original, read_horizon(pair.original(), request_.labels.original, deadline()));
  TRY_ASSIGN(horizons_.copy, read_horizon(pair.copy(), request_.labels.copy, deadline()));
  std::vector<postgres::TableName> names;
  for (const auto& table : tables) names.push_back(table.name);
  Both<Forms> all;
  TRY_ASSIGN(all.original, read_forms(pair.original(), names, deadline()));
  TRY_ASSIGN(all.copy, read_forms(pair.copy(), names, deadline()));
  for (const auto& table : tables) {
    if (!table.why_not.empty() || !table.notes.empty()) continue;
    const Both<Form> forms{form_of(all.original, table.name), form_of(all.copy, table.name)};
    now_[table.name] = {form_text(table, forms),
                        forms.original.unproven.empty() ? forms.copy.unproven : forms.original.unproven};
  }
  return {};
}

void Earlier::begin(Pair& pair, const std::vector<ComparedTable>& tables) {
  if (!request_.keeping && !request_.since_last) return;
  auto noted = note(pair, tables);
  auto before = TablesBefore();
  if (noted && request_.since_last) {
    auto read = read_tables_before(pair.original(), Deadline::in(request_.patience.with_request));
    if (read) before = std::move(*read);
    if (!read) noted = fail(read.error());
  }
  if (!noted) {
    now_.clear();
    say("nothing is known of an earlier comparison: " + noted.error().text());
  }
  if (!request_.since_last) return;
  for (const auto& table : tables) why_none_[table.name] = "no comparison that found the same rows is kept";
  judge(before);
}

void Earlier::judge(const TablesBefore& before) {
  for (const auto& [name, now] : now_) {
    const auto found = before.find(name);
    if (found == before.end() || found->second.blocks.empty()) continue;
    const auto why = why_not(found->second, now);
    why_none_[name] = why;
    if (!why.empty()) continue;
    why_none_.erase(name);
    usable_[name] = found->second;
  }
}

std::string Earlier::why_not(const TableBefore& before, const Now& now) const {
  if (!now.unproven.empty()) return now.unproven;
  if (before.form != now.form) return fmt::format("its definition or its file has changed since {}", before.by);
  const auto original = why_useless(before.horizons.original, horizons_.original);
  const auto why = original.empty() ? why_useless(before.horizons.copy, horizons_.copy) : original;
  return why.empty() ? "" : fmt::format("{} proves nothing any more: {}", before.by, why);
}

void Earlier::end(const std::string& id, const std::vector<SeenTable>& seen) {
  if (seen.empty() || now_.empty() || id.empty()) return;
  if (const auto kept = keep(id, seen); !kept)
    say("no later comparison can begin with this one: " + kept.error().text());
}

// What was not on disk by now, or was read on another timeline, is no ground for the next one.
Result<void> Earlier::keep(const std::string& id, const std::vector<SeenTable>& seen) {
  TRY_ASSIGN(auto original, request_.original(Deadline::in(request_.patience.to_connect)));
  TRY_ASSIGN(auto copy, request_.copy(Deadline::in(request_.patience.to_connect)));
  const auto deadline = Deadline::in(request_.patience.with_request);
  Both<Horizon> by_now;
  TRY_ASSIGN(by_now.original, read_horizon(original, request_.labels.original, deadline));
  TRY_ASSIGN(by_now.copy, read_horizon(copy, request_.labels.copy, deadline));
  TRY(make_durable(original, horizons_.original, deadline));
  TRY(make_durable(copy, horizons_.copy, deadline));
  const bool holds =
      why_useless(horizons_.original, by_now.original).empty() && why_useless(horizons_.copy, by_now.copy).empty();
  if (!holds) {
    return fail({ErrorKind::failed, "this comparison", "is no ground for a later one", "the same servers to its end",
                 "one that changed meanwhile", "", ""});
  }
  TablesBefore tables;
  for (const auto& table : seen) {
    const auto now = now_.find(table.name);
    if (now == now_.end() || !now->second.unproven.empty()) continue;
    tables[table.name] = {id, began_at_us_, horizons_, now->second.form, table.blocks};
  }
  return keep_tables_before(original, tables, deadline);
}

}  // namespace pgcleave::compare
