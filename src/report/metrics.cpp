#include "report/metrics.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/format.h"
#include "report/document/display.h"
#include "watch/before_after.h"

namespace pgcleave::report {
namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t shortest_us = 5 * second_us;  // of less there is nothing to say
constexpr std::int64_t longest_us = 24 * 3600 * second_us;

bool has(const std::string& name, const char* part) {
  return name.find(part) != std::string::npos;
}

// Until clients were made to wait, and from when they were let go on.
struct Around {
  std::int64_t before_until_us = 0;
  std::int64_t after_from_us = 0;
  std::int64_t after_until_us = 0;  // 0: open
};

std::optional<Around> around(const RunStory& story) {
  const auto* window = story.window(runbook::PhaseKind::window);
  if (window == nullptr || window->paused_at_us == 0 || window->pause_ms() <= 0) return {};
  Around around{window->paused_at_us, window->paused_at_us + static_cast<std::int64_t>(window->pause_ms() * 1000), 0};
  if (const auto* back = story.window(runbook::PhaseKind::rollback_window); back != nullptr)
    around.after_until_us = back->paused_at_us;
  return around;
}

std::vector<journal::Sample> within(const std::vector<journal::Sample>& samples, const Around& around) {
  std::vector<journal::Sample> kept;
  std::copy_if(samples.begin(), samples.end(), std::back_inserter(kept),
               [&](const auto& sample) { return around.after_until_us == 0 || sample.at_us < around.after_until_us; });
  return kept;
}

// A curve over the time since PAUSE, in the unit that keeps the numbers small.
struct TimeAxis {
  std::int64_t origin_us = 0;
  double unit_us = second_us;
  const char* title = "seconds since PAUSE";
  [[nodiscard]] double at(std::int64_t at_us) const { return static_cast<double>(at_us - origin_us) / unit_us; }
};

TimeAxis axis_of(std::int64_t origin_us, std::int64_t length_us) {
  if (length_us < 600 * second_us) return {origin_us};
  if (length_us < 10 * 3600 * second_us) return {origin_us, 60.0 * second_us, "minutes since PAUSE"};
  return {origin_us, 3600.0 * second_us, "hours since PAUSE"};
}

Lines curves_of(const std::vector<journal::Sample>& samples, const std::string& name, const TimeAxis& axis,
                double divisor) {
  std::map<std::string, Series> series;
  for (const auto& sample : samples) {
    if (sample.name != name && !(name.ends_with(".") && sample.name.starts_with(name))) continue;
    const auto label = name.ends_with(".") ? sample.scope + " to " + sample.name.substr(name.size()) : sample.scope;
    series[label].name = label;
    series[label].points.push_back({axis.at(sample.at_us), sample.value / divisor});
  }
  Lines chart;
  chart.x_title = axis.title;
  for (auto& [label, one] : series) chart.series.push_back(std::move(one));
  return chart;
}

struct Drawn {
  const char* name;
  const char* title;
  const char* unit;
  double divisor;
};

// What is drawn; everything else stands in the table.
const std::vector<Drawn> drawn{{"commits_per_s", "Transactions", "commits per second", 1},
                               {"connections", "Connections", "sessions of clients", 1},
                               {"wal_bytes_per_s", "WAL", "KiB per second", 1024}};

Table table_of(const watch::BeforeAfter& compared, const std::string& only) {
  Table table{{{"where"}, {"what"}, {"before", true}, {"after", true}, {"change", true}}, {}};
  std::string scope;
  for (const auto& row : compared.rows) {
    if (!only.empty() && row.name != only) continue;
    const auto change = row.change_percent
                            ? fmt::format("{}{} %", *row.change_percent > 0 ? "+" : "", fixed(*row.change_percent, 0))
                            : "";
    table.rows.push_back({{row.scope == scope ? "" : row.scope},
                          code(row.name),
                          number(row.before.count > 0 ? metric(row.name, row.before.mean) : "–"),
                          number(row.after.count > 0 ? metric(row.name, row.after.mean) : "–"),
                          number(change)});
    scope = row.scope;
  }
  return table;
}

}  // namespace

std::string metric(const std::string& name, double value) {
  const auto* per_second = name.ends_with("_per_s") ? "/s" : "";
  if (has(name, "bytes")) return bytes(value) + per_second;
  if (has(name, "ratio") || has(name, "saturation")) return percent(value);
  if (name.ends_with("_ms")) return duration(value);
  if (per_second[0] == '\0' && name.ends_with("_s")) return duration(value * 1000);
  return fixed(value, std::abs(value) < 99.95 ? 1 : 0) + per_second;
}

Stretch stretch_of(const RunStory& story) {
  const auto stretch = around(story);
  if (!stretch) return {story.record.begun_at_us, story.record.last_at_us};
  return {std::min(story.record.begun_at_us, stretch->before_until_us - longest_us),
          std::max(story.record.last_at_us, stretch->after_from_us + longest_us)};
}

std::optional<Section> before_after_section(const RunStory& story, const std::vector<journal::Sample>& samples) {
  const auto stretch = around(story);
  if (!stretch) return {};
  const auto kept = within(samples, *stretch);
  const auto compared = watch::before_after(kept, stretch->before_until_us, stretch->after_from_us, longest_us);
  if (compared.stretch_us < shortest_us || compared.rows.empty()) return {};
  Section section{"before-after", "Before and after", {}};
  const auto length = duration(static_cast<double>(compared.stretch_us) / 1000);
  section.say(fmt::format("Means of the {} before clients were made to wait, and of the {} after they went on.", length,
                          length));
  const auto axis = axis_of(stretch->before_until_us, compared.stretch_us);
  for (const auto& one : drawn) {
    auto table = table_of(compared, one.name);
    if (table.rows.empty()) continue;
    std::vector<journal::Sample> near;
    std::copy_if(kept.begin(), kept.end(), std::back_inserter(near), [&](const auto& sample) {
      return sample.at_us >= stretch->before_until_us - compared.stretch_us &&
             sample.at_us <= stretch->after_from_us + compared.stretch_us;
    });
    auto chart = curves_of(near, one.name, axis, one.divisor);
    chart.y_title = one.unit;
    chart.bands = {{0, axis.at(stretch->after_from_us), "pause"}};
    section.add(Picture{one.title, std::move(chart), std::move(table)});
  }
  auto all = table_of(compared, "");
  all.caption = "All that was sampled";
  section.add(std::move(all));
  return section;
}

std::optional<Picture> lag_picture(const RunStory& story, const std::vector<journal::Sample>& samples) {
  std::vector<journal::Sample> during;
  std::map<std::string, std::pair<double, int>> most;  // and how many samples
  for (const auto& sample : samples) {
    const bool lag = sample.name.starts_with("lag_bytes.") || sample.name.starts_with("link_lag_bytes.");
    if (!lag || sample.at_us < story.record.begun_at_us || sample.at_us > story.record.last_at_us) continue;
    auto plain = sample;
    plain.name = "lag." + sample.name.substr(sample.name.find('.') + 1);
    auto& seen = most[plain.scope + " to " + plain.name.substr(4)];
    seen = {std::max(seen.first, sample.value), seen.second + 1};
    during.push_back(std::move(plain));
  }
  if (during.size() < 4) return {};
  const auto* window = story.window(runbook::PhaseKind::window);
  const auto origin = window != nullptr && window->paused_at_us != 0 ? window->paused_at_us : story.record.begun_at_us;
  const auto axis = axis_of(origin, story.record.last_at_us - story.record.begun_at_us);
  auto chart = curves_of(during, "lag.", axis, 1024);
  chart.y_title = "KiB behind";
  if (origin == story.record.begun_at_us) chart.x_title.replace(chart.x_title.find("PAUSE"), 5, "the run began");
  Table table{{{"from and to"}, {"furthest behind", true}, {"looks", true}}, {}};
  for (const auto& [name, seen] : most)
    table.rows.push_back({{name}, number(bytes(seen.first)), number(count(seen.second))});
  return Picture{"How far standbys and links were behind", std::move(chart), std::move(table)};
}

}  // namespace pgcleave::report
