#include "readiness/rehearsals.h"

#include <algorithm>
#include <cmath>

#include "base/fields.h"
#include "journal/words/outcomes.h"

namespace pgcleave::readiness {
namespace {

void read_solution(const std::vector<journal::Event>& events, Round& round) {
  for (const auto& event : events) {
    if (event.type != "problem.solved") continue;
    round.solved = text_in(event.data, "how");
    round.solved_by = text_in(event.data, "by");
  }
}

double seconds(std::int64_t from_us, std::int64_t to_us) {
  return static_cast<double>(to_us - from_us) / 1e6;
}

// How long it went forth and back.
void measure(const std::vector<journal::Event>& events, Round& round) {
  std::int64_t began_us = 0;
  bool back = false;
  for (const auto& event : events) {
    if (event.type == "run.begun") began_us = event.at_us;
    if (event.type == "run.resumed") {
      back = journal::goes_back(event.data);
      began_us = event.at_us;
    }
    if (event.type == "run.finished") (back ? round.back_s : round.forth_s) += seconds(began_us, event.at_us);
  }
}

}  // namespace

Result<std::vector<Round>> rounds_in(const journal::Journal& journal) {
  TRY_ASSIGN(const auto ended, journal.events_of_type("rehearsal.round"));
  std::vector<Round> rounds;
  for (const auto& event : ended) {
    Round round;
    round.rehearsal = event.run;
    round.journal = journal.path();
    round.number = small_in(event.data, "round");
    round.good = text_in(event.data, "outcome") == "good";
    round.rolled_back = truth_in(event.data, "rolled_back");
    round.surprise = text_in(event.data, "text");
    round.checks = object_in(event.data, "checks");
    round.finished_at_us = event.at_us;
    TRY_ASSIGN(const auto events, journal.events(text_in(event.data, "run")));
    round.run = engine::replay(events);
    read_solution(events, round);
    measure(events, round);
    rounds.push_back(std::move(round));
  }
  return rounds;
}

std::vector<Round> rounds_in(const std::vector<std::string>& paths, std::vector<std::string>& unread) {
  std::vector<Round> all;
  for (const auto& path : paths) {
    const auto journal = journal::Journal::open_to_read(path, Deadline::in(std::chrono::seconds(5)));
    auto rounds = journal ? rounds_in(*journal) : fail(journal.error());
    if (!rounds) {
      unread.push_back(rounds.error().text());
      continue;
    }
    std::move(rounds->begin(), rounds->end(), std::back_inserter(all));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Round& a, const Round& b) { return a.finished_at_us < b.finished_at_us; });
  return all;
}

Mismatch mismatch(const Round& round, const Subject& subject) {
  const auto differs = [&](const char* key, const std::string& wanted) {
    return text_in(round.run.begun, key) != wanted;
  };
  if (differs("sha256", subject.runbook_sha256)) return Mismatch::runbook;
  if (differs("split_sha256", subject.split_sha256)) return Mismatch::split;
  if (differs("binary_sha256", subject.binary_sha256)) return Mismatch::binary;
  if (subject.now_us - round.finished_at_us > subject.max_age.count()) return Mismatch::age;
  return Mismatch::none;
}

std::string text_of(Mismatch mismatch) {
  switch (mismatch) {
    case Mismatch::none: return "counts";
    case Mismatch::runbook: return "of another text of the runbook";
    case Mismatch::split: return "of another split file";
    case Mismatch::binary: return "by another build of pgcleave";
    case Mismatch::age: return "older than the runbook allows";
  }
  return "";
}

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto rank = [&](double share) {
    const auto place = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
    return values[std::max<std::size_t>(place, 1) - 1];
  };
  return {static_cast<int>(values.size()), rank(0.5), rank(0.9), values.back()};
}

int Rehearsed::good() const {
  return static_cast<int>(
      std::count_if(counting.begin(), counting.end(), [](const Round& round) { return round.good; }));
}

int Rehearsed::rolled_back() const {
  return static_cast<int>(std::count_if(counting.begin(), counting.end(),
                                        [](const Round& round) { return round.good && round.rolled_back; }));
}

Spread Rehearsed::pauses(runbook::PhaseKind phase) const {
  std::vector<double> values;
  for (const auto& round : counting) {
    const auto window = round.run.windows.find(phase);
    if (round.good && window != round.run.windows.end() && window->second.pause_ms > 0)
      values.push_back(window->second.pause_ms);
  }
  return spread_of(std::move(values));
}

Spread Rehearsed::step_ms(const std::string& id) const {
  std::vector<double> values;
  for (const auto& round : counting) {
    const auto step = round.run.steps.find(id);
    if (round.good && step != round.run.steps.end() && step->second.ms > 0) values.push_back(step->second.ms);
  }
  return spread_of(std::move(values));
}

Rehearsed rehearsed(const std::vector<std::string>& journals, const std::string& runbook_name, const Subject& subject) {
  Rehearsed found;
  for (auto& round : rounds_in(journals, found.unread)) {
    if (text_in(round.run.begun, "name") != runbook_name) continue;
    const auto why = mismatch(round, subject);
    if (why == Mismatch::none) {
      found.counting.push_back(std::move(round));
    } else {
      found.others.push_back(std::move(round));
      found.why.push_back(why);
    }
  }
  return found;
}

}  // namespace pgcleave::readiness
