#include "report/last_comparison.h"

#include "base/format.h"
#include "report/document/display.h"

namespace pgcleave::report {
namespace {

const char* verdict_of(const LastComparison& last) {
  if (last.differing() > 0) return "different";
  return last.incomplete() > 0 ? "not_proven" : "same";
}

// The sides still have the roles that they had, and nothing is open.
bool is_good(const LastComparison& last) {
  return last.differing() == 0 && last.incomplete() == 0 && last.passed_by.empty();
}

std::string scope_of(const LastComparison& last) {
  return fmt::format("{}, {}", many(static_cast<std::int64_t>(last.tables.size()), "table"), many(last.rows(), "row"));
}

std::string difference_in_words(const LastComparison& last) {
  std::string text;
  if (last.differences() > 0)
    text = fmt::format("{}{}", last.counts_all_differences() ? "" : "at least ", many(last.differences(), "row"));
  if (last.columns() > 0) text += (text.empty() ? "" : " and ") + many(last.columns(), "column");
  const bool one = last.differences() + last.columns() == 1;
  return fmt::format("{} {} in {} of {}", text, one ? "differs" : "differ", count(last.differing()), scope_of(last));
}

std::string gaps_in_words(const LastComparison& last) {
  auto text = many(last.incomplete(), "table") + " not compared to the end";
  if (last.undecided() > 0) text += ", " + many(last.undecided(), "row") + " undecided";
  return text;
}

std::string verdict_in_words(const LastComparison& last) {
  std::string text = last.differing() > 0    ? difference_in_words(last)
                     : last.incomplete() > 0 ? "no difference found, and not proven, in " + scope_of(last)
                                             : "the same in " + scope_of(last);
  if (last.incomplete() > 0) text += "; " + gaps_in_words(last);
  return text;
}

Cell state_of(const world::TableCompared& table) {
  if (table.differs()) return {"differs", Mark::bad};
  return table.is_whole() ? Cell{"the same", Mark::good} : Cell{"not proven", Mark::warning};
}

std::string note_of(const world::TableCompared& table) {
  std::string text = table.not_compared;
  if (table.undecided > 0) text += (text.empty() ? "" : "; ") + many(table.undecided, "row") + " undecided";
  if (table.more) text += (text.empty() ? "" : "; ") + std::string("left after so many differences");
  return text;
}

Table tables_of(const LastComparison& last) {
  Table table{{{"table"}, {"state"}, {"rows", true}, {"rows that differ", true}, {"columns", true}, {"open"}}, {}};
  std::int64_t same = 0;
  for (const auto& one : last.tables) {
    if (!one.differs() && one.is_whole()) {
      ++same;
      continue;
    }
    table.rows.push_back({code(one.table),
                          state_of(one),
                          number(count(one.rows)),
                          number(count(one.differences)),
                          number(count(one.columns)),
                          {note_of(one)}});
  }
  if (same > 0) table.caption = many(same, "other table") + (same == 1 ? " is" : " are") + " the same.";
  return table;
}

}  // namespace

std::string in_words(const std::optional<LastComparison>& last) {
  if (!last) return "never compared, as far as this journal tells";
  auto text =
      fmt::format("{}; {}; begun {} by {}", verdict_in_words(*last), last->how, utc(last->began_at_us), last->whose());
  if (!last->position.empty()) text += ", at " + last->position;
  if (!last->passed_by.empty())
    text += fmt::format("; since then run {} passed ownership, {}", last->passed_by, utc(last->passed_at_us));
  return text;
}

std::string age_in_words(std::int64_t at_us, std::int64_t now_us) {
  return duration(static_cast<double>(now_us - at_us) / 1000) + " ago";
}

std::string compare_command(const runbook::Change& change) {
  return "pgcleave compare -e " + change.environment.path;
}

Json comparison_data(const std::optional<LastComparison>& last, const std::string& compare) {
  if (!last) return {{"verdict", "never"}, {"text", in_words(last)}, {"next", compare}};
  Json json{{"verdict", verdict_of(*last)},
            {"text", in_words(last)},
            {"run", last->run},
            {"step", last->step},
            {"by", last->by},
            {"original", last->original},
            {"copy", last->copy},
            {"how", last->how},
            {"position", last->position},
            {"began_at_us", last->began_at_us},
            {"tables", last->tables.size()},
            {"rows", last->rows()},
            {"differing_tables", last->differing()},
            {"differences", last->differences()},
            {"columns", last->columns()},
            {"incomplete_tables", last->incomplete()},
            {"undecided", last->undecided()},
            {"passed_by", last->passed_by},
            {"passed_at_us", last->passed_at_us}};
  if (!is_good(*last)) json["next"] = compare;
  return json;
}

Section rows_section(const std::optional<LastComparison>& last, const std::string& compare, std::int64_t now_us) {
  Section section{"rows", "Do both sides hold the same rows?", {}};
  if (!last) {
    section.say("Rows: " + in_words(last) + ".");
  } else {
    section.say(fmt::format("Rows: {} ({}).", in_words(last), age_in_words(last->began_at_us, now_us)));
    if (auto table = tables_of(*last); !table.rows.empty()) section.add(std::move(table));
  }
  if (last && is_good(*last)) return section;
  section.say(last ? "To compare them again, with each row that differs:" : "To compare them:");
  section.add(List{{code(compare)}});
  return section;
}

}  // namespace pgcleave::report
