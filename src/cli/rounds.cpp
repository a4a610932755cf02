#include "cli/rounds.h"

#include <algorithm>
#include <iostream>

#include "base/format.h"

namespace pgcleave::cli {
namespace {

using readiness::Round;
using runbook::PhaseKind;

// 0: there was no such window, or nobody looked.
template <double engine::WindowRecord::* Ms>
double of_window(const Round& round, PhaseKind window) {
  const auto found = round.run.windows.find(window);
  return found == round.run.windows.end() ? 0 : found->second.*Ms;
}
const auto pause_of = of_window<&engine::WindowRecord::pause_ms>;
const auto outage_of = of_window<&engine::WindowRecord::outage_ms>;
const auto mean_of = of_window<&engine::WindowRecord::mean_outage_ms>;

struct Figure {
  const char* title;
  const char* key;
  double (*of)(const Round& round);
};

const std::vector<Figure> figures{
    {"pause ms", "pause_ms", [](const Round& round) { return pause_of(round, PhaseKind::window); }},
    {"outage ms", "outage_ms", [](const Round& round) { return outage_of(round, PhaseKind::window); }},
    {"on average", "mean_outage_ms", [](const Round& round) { return mean_of(round, PhaseKind::window); }},
    {"back pause", "rollback_pause_ms", [](const Round& round) { return pause_of(round, PhaseKind::rollback_window); }},
    {"back outage", "rollback_outage_ms",
     [](const Round& round) { return outage_of(round, PhaseKind::rollback_window); }},
    {"on average", "rollback_mean_outage_ms",
     [](const Round& round) { return mean_of(round, PhaseKind::rollback_window); }},
    {"forth s", "forth_s", [](const Round& round) { return round.forth_s; }},
    {"back s", "back_s", [](const Round& round) { return round.back_s; }},
};

std::string shown(double value) {
  return value > 0 ? fmt::format("{:.1f}", value) : "";
}

template <class Of>
std::vector<double> values(const std::vector<Round>& rounds, Of of) {
  std::vector<double> all;
  for (const auto& round : rounds) {
    if (const double value = of(round); value > 0) all.push_back(value);
  }
  return all;
}

void print_summary(const std::vector<Round>& rounds) {
  const auto line = [&](const char* title, double (*pick)(const std::vector<double>&)) {
    std::string text = fmt::format("{:<6} {:<26}", title, "");
    for (const auto& figure : figures) {
      const auto all = values(rounds, figure.of);
      text += fmt::format(" {:>12}", all.empty() ? "" : shown(pick(all)));
    }
    std::cout << text << "\n";
  };
  line("median", [](const std::vector<double>& all) { return readiness::spread_of(all).p50; });
  line("least", [](const std::vector<double>& all) { return *std::min_element(all.begin(), all.end()); });
  line("most", [](const std::vector<double>& all) { return *std::max_element(all.begin(), all.end()); });
}

// The steps that took longest, since those are what anybody wants to shorten.
void print_steps(const std::vector<Round>& rounds) {
  struct Row {
    std::string name;
    readiness::Spread spread;
    double least;
  };
  std::map<std::string, std::vector<double>> by_step;
  for (const auto& round : rounds) {
    for (const auto& [id, step] : round.run.steps) {
      if (step.ms > 0) by_step[engine::name_or_nothing(step.phase) + "  " + id].push_back(step.ms);
    }
  }
  std::vector<Row> rows;
  for (const auto& [name, all] : by_step)
    rows.push_back({name, readiness::spread_of(all), *std::min_element(all.begin(), all.end())});
  const auto slowest = [](const Row& a, const Row& b) { return a.spread.p50 > b.spread.p50; };
  std::sort(rows.begin(), rows.end(), slowest);
  constexpr std::size_t shown_steps = 12;
  if (rows.size() > shown_steps) rows.resize(shown_steps);
  std::cout << fmt::format("\n{:<46} {:>12} {:>12} {:>12}\n", "slowest steps, ms", "median", "least", "most");
  for (const auto& row : rows)
    std::cout << fmt::format("{:<46} {:>12.1f} {:>12.1f} {:>12.1f}\n", row.name, row.spread.p50, row.least,
                             row.spread.max);
}

}  // namespace

Json json_of(const std::vector<Round>& rounds) {
  Json list = Json::array();
  for (const auto& round : rounds) {
    Json row{
        {"rehearsal", round.rehearsal},     {"round", round.number},      {"run", round.run.id},   {"good", round.good},
        {"rolled_back", round.rolled_back}, {"surprise", round.surprise}, {"solved", round.solved}};
    for (const auto& figure : figures) row[figure.key] = figure.of(round);
    Json steps = Json::object();
    for (const auto& [id, step] : round.run.steps) steps[id] = step.ms;
    row["step_ms"] = steps;
    list.push_back(std::move(row));
  }
  return list;
}

void print(const std::vector<Round>& rounds) {
  std::string head = fmt::format("{:<6} {:<26}", "round", "run");
  for (const auto& figure : figures) head += fmt::format(" {:>12}", figure.title);
  std::cout << head << "\n";
  for (const auto& round : rounds) {
    std::string line = fmt::format("{:<6} {:<26}", round.number, round.run.id);
    for (const auto& figure : figures) line += fmt::format(" {:>12}", shown(figure.of(round)));
    std::cout << line << "  " << (round.good ? "good" : "surprise: " + printable(round.surprise)) << "\n";
    if (!round.solved.empty()) std::cout << fmt::format("       solved: {}\n", printable(round.solved));
  }
  print_summary(rounds);
  print_steps(rounds);
}

}  // namespace pgcleave::cli
