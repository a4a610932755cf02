#include <algorithm>

#include "base/format.h"
#include "report/document/display.h"
#include "report/sections/run_sections.h"

namespace pgcleave::report {
namespace {

Table others_table(const readiness::Rehearsed& rehearsed) {
  Table table{{{"does not count"}, {"why"}, {"ended"}, {"run"}}, {}};
  constexpr std::size_t shown = 8;
  const auto all = rehearsed.others.size();
  for (std::size_t i = all > shown ? all - shown : 0; i < all; ++i) {
    const auto& round = rehearsed.others[i];
    table.rows.push_back({{fmt::format("{} round {}", round.rehearsal, round.number)},
                          {readiness::text_of(rehearsed.why[i]), Mark::warning},
                          {utc(round.finished_at_us)},
                          code(round.run.id)});
  }
  if (all > shown) table.caption = fmt::format("The last {} of {} rounds that do not count.", shown, all);
  return table;
}

void add_forecast(Section& section, const Readiness& readiness, runbook::PhaseKind phase, const std::string& title) {
  const auto pauses = readiness.evidence.rehearsed.pauses(phase);
  if (pauses.count == 0) return;
  const auto budget = runbook::budget_ms(readiness.change, phase);
  Bars chart;
  Table table{{{"clients wait"}, {"ms", true}, {"of the budget", true}}, {}};
  const auto row = [&](const std::string& label, double ms) {
    chart.rows.push_back({label, ms, budget > 0 && ms > budget ? Hue::undo : Hue::pause});
    table.rows.push_back({{label}, number(fixed(ms, 1)), number(budget > 0 ? percent(ms / budget) : "")});
  };
  row("p50", pauses.p50);
  row("p90", pauses.p90);
  row("longest", pauses.max);
  if (budget > 0) {
    chart.limit = budget;
    chart.limit_label = "budget";
    table.rows.push_back({{"budget"}, number(fixed(budget, 1)), number("100 %")});
  }
  section.add(Picture{fmt::format("{}, from {}", title, many(pauses.count, "round")), chart, table});
}

// In which of the good rounds a row written on the target was seen on the source.
std::vector<double> canaries_of(const Readiness& readiness) {
  std::vector<double> ms;
  for (const auto& round : readiness.rounds) {
    for (const auto& [id, step] : round.story.record.steps) {
      const auto seen = step.outputs.find("canary_ms");
      if (round.good && seen != step.outputs.end() && seen->is_number()) ms.push_back(seen->get<double>());
    }
  }
  return ms;
}

}  // namespace

Section rehearsals_section(const Readiness& readiness) {
  Section section{"rehearsals", "Rehearsals", {}};
  const auto& rehearsed = readiness.evidence.rehearsed;
  section.say(
      fmt::format("{} of this very runbook, split and build of pgcleave, not older than {}: {} good, {} asked for.",
                  many(static_cast<std::int64_t>(rehearsed.counting.size()), "round"),
                  duration(milliseconds(readiness.change.runbook.rehearsal.max_age)), rehearsed.good(),
                  readiness.change.runbook.rehearsal.times));
  if (!readiness.rounds.empty()) section.add(rounds_table(readiness.rounds));
  if (auto wrong = surprises_table(readiness.rounds); !wrong.columns.empty()) section.add(std::move(wrong));
  if (!rehearsed.others.empty()) section.add(others_table(rehearsed));
  return section;
}

Section forecast_section(const Readiness& readiness) {
  Section section{"forecast", "Forecast of the window", {}};
  add_forecast(section, readiness, runbook::PhaseKind::window, "The window");
  if (section.blocks.empty()) section.say("There is no good rehearsal to forecast from.");
  if (const auto outages = outages_of(readiness.rounds, runbook::PhaseKind::window); !outages.empty()) {
    const auto middle = middle_of(outages);
    const auto means = mean_outages_of(readiness.rounds, runbook::PhaseKind::window);
    section.say(
        fmt::format("The client that was served last saw an outage of {} in the middle round and {} in the worst{}; "
                    "measured by writes through each "
                    "bouncer.",
                    duration(middle.median), duration(middle.high),
                    means.empty() ? ""
                                  : fmt::format(", all clients on average {} and {}", duration(middle_of(means).median),
                                                duration(middle_of(means).high))));
  }
  return section;
}

Section rollback_section(const Readiness& readiness) {
  Section section{"back", "The rollback", {}};
  const auto& runbook = readiness.change.runbook;
  const bool rollback =
      std::any_of(runbook.phases.begin(), runbook.phases.end(), [](const auto& phase) { return phase.is_rollback(); });
  List list;
  list.items.push_back(
      {"Before ownership is taken: whatever fails is undone, last step first, inside the window's budget.",
       Mark::good});
  list.items.push_back(rollback ? Cell{"After it: pgcleave rollback runs the mirrored cutover.", Mark::good}
                                : Cell{"After it: this runbook has no rollback.", Mark::warning});
  const bool gives_up = has_step(runbook, "check.discarded_writes", true);
  if (has_step(runbook, "replication.create_slot_reverse", false)) {
    list.items.push_back(
        {"Writes to the moved tables are replicated back to the source, so a rollback keeps them.", Mark::good});
  } else if (rollback) {
    list.items.push_back({"Nothing carries the target's writes back.", Mark::warning});
  }
  if (gives_up) {
    list.items.push_back(
        {"What is written on the target alone (shared tables, and all tables without reverse replication) is given up "
         "by a rollback, which "
         "names "
         "it and asks for that in words.",
         Mark::warning});
  }
  if (const auto canaries = canaries_of(readiness); !canaries.empty()) {
    list.items.push_back(
        {fmt::format(
             "Proven: in {} a row written on the target reached the source, in {} at most, before clients were let in.",
             many(static_cast<std::int64_t>(canaries.size()), "round"), duration(middle_of(canaries).high)),
         Mark::good});
  }
  const auto back = readiness.evidence.rehearsed.rolled_back();
  list.items.push_back(
      back > 0 ? Cell{fmt::format("Practised: {} ran the whole rollback.", many(back, "good round")), Mark::good}
               : Cell{"Never practised in a round that counts.", Mark::bad});
  section.add(std::move(list));
  add_forecast(section, readiness, runbook::PhaseKind::rollback_window, "The rollback's window");
  return section;
}

}  // namespace pgcleave::report
