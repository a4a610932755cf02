#include "events.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "error_of_world.h"

namespace pgcleave_worlds {
namespace {

// What it says itself about the run, or the last line; the run's name is taken out.
std::string reason_of(const Ended& ended) {
  std::istringstream lines(ended.output);
  std::string line, first, last, about_run;
  while (std::getline(lines, line)) {
    if (line.find_first_not_of(' ') == std::string::npos) continue;
    if (first.empty()) first = line;
    last = line;
    const auto colon = line.find(": ");
    if (line.starts_with("pgcleave: ") && about_run.empty()) about_run = line.substr(10);
    if (line.starts_with("run r-") && colon != std::string::npos && line.find(" on lab (staging)") == std::string::npos)
      about_run = line.substr(colon + 2);
  }
  // A file that is wrong is told in several lines, the first of which says what.
  return (about_run.empty() ? (ended.code == 2 ? first : last) : about_run).substr(0, 300);
}

}  // namespace

std::vector<std::string> with_environment(std::vector<std::string> words, const World& world) {
  words.push_back("-e");
  words.push_back(world.environment().string());
  return words;
}

std::string words_asked_for(const std::string& output) {
  const std::string before = "to approve, type: ";
  const auto at = output.find(before);
  if (at == std::string::npos) return {};
  auto words = output.substr(at + before.size(), output.find('\n', at) - at - before.size());
  words = words.substr(0, words.find(") (expected "));  // in an error, which repeats them
  if (words.ends_with(")")) words.pop_back();           // the question stands in parentheses
  return words;
}

bool done(const Ended& ended) {
  return ended.code == 0 || ended.code == 9;
}

bool was_refused(const Ended& ended) {
  return ended.code == 2 || ended.code == 3;
}

void does_not_end(World& world, const std::string& event) {
  double load = 0;
  const auto cores = static_cast<double>(std::max(1U, std::thread::hardware_concurrency()));
  if (::getloadavg(&load, 1) == 1 && load > 3 * cores)
    fail("{} does not end, on a machine with load {:.0f}", event, load);
  world.ledger.broken("does not end", event);
}

void note_refusal(World& world, const std::string& event, const Ended& ended) {
  Refusal refusal{event, ended.timed_out ? "does not end" : std::to_string(ended.code) + ": " + reason_of(ended),
                  false};
  const auto names = [&](const std::string& name) {
    std::string bare;
    for (const char letter : name) bare += letter == '"' ? "" : std::string(1, letter);
    return ended.output.find(name) != std::string::npos || ended.output.find(bare) != std::string::npos;
  };
  for (const auto& piece : world.pieces)
    for (const auto& table : piece.tables)
      if (!piece.odd.words.empty() && names(table.name)) refusal.explained = true;
  for (const auto& piece : world.pieces)
    for (const auto& word : piece.odd.words)
      refusal.explained = refusal.explained || ended.output.find(word) != std::string::npos;
  for (const char* word : {"slot", "lag", "stream", "timeline", "rewind"})
    refusal.explained = refusal.explained || (world.failed_over && ended.output.find(word) != std::string::npos);
  for (const auto& name : world.one_sided) refusal.explained = refusal.explained || names(name);
  if (ended.timed_out) does_not_end(world, event);
  world.say("  " + refusal.reason);
  world.verdict.refusals.push_back(refusal);
}

bool happen(World& world, const Event& event) {
  Chance chance(world.plan.seed, event.stream);
  for (const auto* kinds : {&tool_events(), &mistaken_events(), &change_events(), &server_events(), &failover_events(),
                            &other_split_events()})
    for (const auto& kind : *kinds)
      if (event.name == kind.name) return !(world.swapped && kinds == &change_events()) && kind.happen(world, chance);
  fail("no event is called {}", event.name);
}

}  // namespace pgcleave_worlds
