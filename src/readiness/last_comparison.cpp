#include "readiness/last_comparison.h"

#include <algorithm>
#include <filesystem>

#include "base/fields.h"

namespace pgcleave::readiness {
namespace {

constexpr auto patience = std::chrono::seconds(5);

bool is_of(const Json& data, const std::string& split, const std::string& environment) {
  return text_in(data, "split_name") == split && text_in(data, "environment_name") == environment;
}

Result<bool> is_run_of(const journal::Journal& journal, const std::string& run, const std::string& split,
                       const std::string& environment) {
  TRY_ASSIGN(const auto events, journal.events(run));
  return std::any_of(events.begin(), events.end(), [&](const auto& event) {
    return event.type == "run.begun" && is_of(event.data, split, environment);
  });
}

// The last time that ownership passed since the comparison began, either way.
Result<void> find_who_passed(const journal::Journal& journal, const std::string& split, const std::string& environment,
                             LastComparison& last) {
  TRY_ASSIGN(const auto taken, journal.events_of_type("window.taken"));
  for (auto event = taken.rbegin(); event != taken.rend(); ++event) {
    if (event->at_us < last.began_at_us) continue;
    TRY_ASSIGN(const bool ours, is_run_of(journal, event->run, split, environment));
    if (!ours) continue;
    last.passed_by = event->run;
    last.passed_at_us = event->at_us;
    break;
  }
  return {};
}

}  // namespace

Result<std::optional<LastComparison>> last_comparison(const journal::Journal& journal, const std::string& split,
                                                      const std::string& environment) {
  TRY_ASSIGN(const auto done, journal.events_of_type("compare.done"));
  const auto newest = std::find_if(done.rbegin(), done.rend(),
                                   [&](const auto& event) { return is_of(event.data, split, environment); });
  if (newest == done.rend()) return std::nullopt;
  auto last = world::comparison_in(newest->data, newest->run, newest->at_us);
  TRY(find_who_passed(journal, split, environment, last));
  return last;
}

Result<std::optional<LastComparison>> last_comparison(const std::string& path, const std::string& split,
                                                      const std::string& environment) {
  std::error_code unknown;
  if (!std::filesystem::exists(path, unknown)) return std::nullopt;
  TRY_ASSIGN(const auto journal, journal::Journal::open_to_read(path, Deadline::in(patience)));
  return last_comparison(journal, split, environment);
}

}  // namespace pgcleave::readiness
