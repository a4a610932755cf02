// One idea has one name: words that were replaced do not come back. What was written before keeps them (samples of
// earlier files, the changelog, the history of the design, figures that were measured then).
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace {

const std::filesystem::path house = PGCLEAVE_SOURCE_DIR;

struct OldWord {
  std::vector<std::string> parts;  // one of them is in the line, or the pattern is not tried: std::regex is slow
  const char* pattern;
  const char* now;
};

const std::vector<OldWord> old_words{
    {{"way", "Way"},
     R"(\b[Ww]ays? (?:back|forth)\b|\bway_(?:back|forth)\b)",
     "rollback, rollback path, forward or reverse replication"},
    {{"tak", "Reopened"}, R"(\b(?:tak(?:es?|ing|en) up|take_up\w*|taking_up|Reopened)\b)", "resume, ResumedRun"},
    {{"oor"}, R"(\b(?:Open|Closed)Door\b|\bdoors?\b)", "effects: JournaledEffects, DryRunEffects"},
    {{"let_go", "still_ours", "outrank"}, R"(\blet_go\b|\bstill_ours\b|\boutrank\()", "release, verify, fence_out"},
    {{"make_way", "let_logins_", "give_back_"},
     R"(\bmake_way\b|\blet_logins_\w+|\bgive_back_settings\b)",
     "prepare_reload, drain_logins, restore_settings"},
    {{"for_good", "no_way_back"}, R"(\bfor_good\b|\bno_way_back\b)", "irreversible, lasting"},
    {{"replication", "given_up"},
     R"(\breplication[._](?:turn|arm_\w+)|\bcheck[._]given_up\b)",
     "replication.reverse, replication.create_slot_*, check.discarded_writes"},
    {{"ook"}, R"(\blook_at(?:_\w+)?\b|\b(?:class|struct) Look\b|\bLook&|\bLooking\b)", "inspect, read, CheckContext"},
    {{"truth("}, R"(\btruth\()", "boolean()"},
    {{"facts"}, R"(\bfacts\b)", "outputs of a step, values of the environment"},
    {{"foreign"}, R"(::foreign\b|"foreign"|`foreign`)", "conflict"},
    {{"adopted"}, R"(\badopted\b)", "already applied"},
    {{"mend", "Mend"}, R"(\b[Mm]end(?:s|ed|ing)?\b|_mend|mend_)", "fix, repair"},
    {{"eaning"}, R"(\bMeaning\b|[.>]meaning\b)", "Traits"},
    {{"reach", "Reach"}, R"(\breach: (?:local|\[)|[.>]reach\b(?!\()|\bReach\b)", "shell; TableReferences"},
    {{"Watching", "Guarding"},
     R"(\bWatching\b|\bGuarding\b)",
     "WindowProbe, RunWatch, GuardHooks, RunOutput, RunResult"},
};

struct Place {
  const char* path;  // a file, or a folder with its slash
  const char* text;  // of the line; "": all of it
  const char* why;
};

const std::vector<Place> kept{
    {"tests/unit/samples/", "", "files of earlier versions"},
    {"tests/staging/results/", "", "figures, with the names of then"},
    {"tests/staging/RESULTS.md", "", "made of these figures"},
    {"docs/history.md", "", "tells how it was"},
    {"CHANGELOG.md", "", "tells what was renamed"},
    {"tests/unit/base/old_words_test.cpp", "", "names them"},
    {"tests/unit/steps/step_kinds_test.cpp", "renamed ==", "the earlier kinds that are still read"},
    {"tests/unit/steps/step_kinds_test.cpp", "\"replication.turn\"});", "the same"},
    {"src/steps/", ".earlier_kind = ", "the earlier kinds that are still read"},
    {"docs/schema/runbook.json", "", "the same, as the program prints them"},
    {"src/engine/record.h", "_field = ", "the journal's own word, which older programs read"},
    {"src/engine/record.h", "_event = ", "the same"},
    {"docs/journal.md", "step.", "the same"},
    {"tests/staging/", ".facts", "the same, read by scripts"},
    {"tests/unit/config/environment.cpp", "reach: local", "the earlier key, which is still read"},
    {"tests/fuzz/corpus/", "", "files of earlier versions"},
    {"src/postgres/sql/reserved_words.cpp", "", "PostgreSQL's word"},
    {"src/steps/replication/start_reverse.cpp", "world.run.id + ", "a value that runs of earlier versions wrote"},
};

bool is_kept(const std::string& path, const std::string& line) {
  return std::any_of(kept.begin(), kept.end(), [&](const Place& place) {
    return path.starts_with(place.path) && line.find(place.text) != std::string::npos;
  });
}

const OldWord* old_word_in(const std::string& line) {
  static const auto signs = [] {
    std::vector<std::regex> all;
    for (const auto& word : old_words) all.emplace_back(word.pattern);
    return all;
  }();
  for (std::size_t i = 0; i < signs.size(); ++i) {
    const auto& parts = old_words[i].parts;
    const auto is_there = [&](const auto& part) { return line.find(part) != std::string::npos; };
    if (std::any_of(parts.begin(), parts.end(), is_there) && std::regex_search(line, signs[i])) return &old_words[i];
  }
  return nullptr;
}

bool is_read(const std::filesystem::path& path) {
  static const std::vector<std::string> kinds{".cpp", ".h", ".md", ".yml", ".sh", ".py", ".patch", ".txt", ".json", ""};
  return std::find(kinds.begin(), kinds.end(), path.extension().string()) != kinds.end();
}

}  // namespace

TEST_CASE("no old word is left in sources, tests, runbooks, scripts and documents") {
  std::vector<std::string> found;
  for (const auto* folder : {"src", "tests", "docs", "runbooks", "script"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(house / folder)) {
      if (!entry.is_regular_file() || !is_read(entry.path())) continue;
      const auto path = std::filesystem::relative(entry.path(), house).string();
      std::ifstream in(entry.path());
      std::string line;
      for (int number = 1; std::getline(in, line); ++number) {
        const auto* word = old_word_in(line);
        if (word == nullptr || is_kept(path, line)) continue;
        found.push_back(path + ":" + std::to_string(number) + ": " + line + "\n  now: " + word->now);
      }
    }
  }
  std::string all;
  for (const auto& one : found) all += one + "\n";
  INFO(all);
  CHECK(found.empty());
}

TEST_CASE("a line with an old word is found, and one with the word of today is not") {
  for (const auto* line :
       {"// the way back is whole", "who takes up a run", "OpenDoor door;", "steps::let_go(world)",
        "uses: replication.arm_reverse", "look_at_cluster(side)", "rows.truth(0, \"x\")", "record.facts",
        "State::foreign", "it is adopted", "what mends it", "kind.meaning.takes", "reach: [ssh, bouncer-1]"}) {
    INFO(line);
    CHECK(old_word_in(line) != nullptr);
  }
  for (const auto* line : {"// on the way", "it takes a second", "uses: replication.reverse", "look at the log",
                           "inspect_cluster(side)", "a lookout", "a foreign key", "we recommend it", "out of reach"}) {
    INFO(line);
    CHECK(old_word_in(line) == nullptr);
  }
}
