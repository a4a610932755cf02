// States are types, and text is for people: nothing decides by comparing the name of a side, a phase or an outcome, or
// the words of an error or a help text. Where such text comes in from outside it is read once, by a function that knows
// all of its values.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace {

const std::filesystem::path tree = PGCLEAVE_SOURCE_DIR;

// Adapters (postgres, pgbouncer, patroni, rest) read products' words, and the journal and `base` write ours.
const std::vector<std::string> folders_that_decide{"config", "runbook", "fence",  "world",     "checks", "steps",
                                                   "engine", "watch",   "report", "readiness", "app",    "cli"};

struct AllowedPlace {
  std::string path;  // a file, or a folder with its slash
  std::string text;  // of the line
  std::string why;
};

const std::vector<AllowedPlace> allowed_places{
    {"src/readiness/rehearsals.cpp", "round.good =", "the journal's word for a round is read here alone"},
    {"src/engine/run_state.cpp", "error.object.substr", "names the gate that asks, and decides nothing"},
};

std::string without_comment(const std::string& line) {
  const auto at = line.find("// ");
  return at == std::string::npos ? line : line.substr(0, at);
}

bool decides_by_words(const std::string& line) {
  static const std::string words =
      "(?:source|target|both|nobody|forward|reverse|prepare|gate|window|verify|rollback(?:[.][a-z]*)?|"
      "done|undone|window_undone|rolled_back|rollback_undone|found done|undo failed|stopped|waiting|skipped|"
      "ok|failed|unknown|"
      "pending|conflict|later|pause|resume|good|surprise|check missed|no:|nothing to undo)";
  static const std::vector<std::regex> signs{
      std::regex("[!=]=\\s*\"" + words + "\""),
      std::regex("\"" + words + "\"\\s*[!=]="),
      std::regex("(?:rfind|starts_with|compare|find)\\(\"(?:rollback|no:|nothing to undo)"),
      // an error's words, and a SQLSTATE that has no name
      std::regex("(?:\\.|->)(?:what|seen|expected|hint|text\\(\\))\\s*[!=]=\\s*\"[^\"]"),
      std::regex("(?:error|error\\(\\)|problem)(?:\\.|->)(?:object|what|seen|expected|hint|text\\(\\))\\."
                 "(?:find|rfind|starts_with|ends_with|compare)"),
      std::regex("\\.code\\s*[!=]=\\s*\""),
      // a help text
      std::regex("(?:\\.|->)(?:undo|purpose|help|changes)\\.(?:find|rfind|starts_with|ends_with|compare|substr)"),
  };
  const auto code = without_comment(line);
  return std::any_of(signs.begin(), signs.end(), [&](const auto& sign) { return std::regex_search(code, sign); });
}

bool is_at(const AllowedPlace& place, const std::string& file, const std::string& line) {
  return file.starts_with(place.path) && line.find(place.text) != std::string::npos;
}

bool is_allowed(const std::string& file, const std::string& line) {
  return std::any_of(allowed_places.begin(), allowed_places.end(),
                     [&](const auto& place) { return is_at(place, file, line); });
}

// Calls `each` with the path from the tree's root, and the line, of all that decide.
template <class Each>
void for_each_line(Each each) {
  for (const auto& folder : folders_that_decide) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(tree / "src" / folder)) {
      const auto extension = entry.path().extension();
      if (!entry.is_regular_file() || (extension != ".cpp" && extension != ".h")) continue;
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);)
        each(std::filesystem::relative(entry.path(), tree).string(), line);
    }
  }
}

}  // namespace

TEST_CASE("the rule about words knows right from wrong") {
  for (const auto* wrong : {
           R"(  if (serves == "target") {)",
           R"(  if ("target" == serves) {)",
           R"(  const bool back = phase.rfind("rollback.", 0) == 0;)",
           R"(  return name.starts_with("rollback");)",
           R"(  return phase == "window" || phase == "rollback.window";)",
           R"(  if (run.outcome != "rolled_back") return {};)",
           R"(  if (step.state == "conflict") // as planned)",
           R"(  if (error.what == "was outranked") return true;)",
           R"(  if (error.text().find("no password supplied") != std::string::npos) return;)",
           R"(  if (seen.error().text().find("Connection refused") != 0) return;)",
           R"(  const bool refused = error.object.rfind("gate ", 0) == 0;)",
           R"(  return error.code == "42P01";)",
           R"(  return description.undo.rfind("no:", 0) != 0;)",
           R"(  reasons.push_back(kind->description.undo.substr(3));)",
       }) {
    INFO(wrong);
    CHECK(decides_by_words(wrong));
  }
  for (const auto* right : {
           R"(  if (serves == steps::Serving::target) {)",
           R"(  if (run.outcome == journal::RunOutcome::done) return {};)",
           R"(  return {{"outcome", "done"}};)",
           R"(  if (text.empty() || text == "never") return {};)",
           R"(  if (error.code == postgres::undefined_table) return std::nullopt;)",
           R"(  // serves == "target" was how it decided)",
           R"(  if (reference.object == "params") return true;)",
           R"(  const auto window = run.windows.find(phase);)",
           R"(  const auto* node = parent.map("window");)",
       }) {
    INFO(right);
    CHECK_FALSE(decides_by_words(right));
  }
}

TEST_CASE("nothing decides by the text of a side, a phase, an outcome, an error or a help text") {
  for_each_line([](const std::string& file, const std::string& line) {
    if (!decides_by_words(line) || is_allowed(file, line)) return;
    FAIL_CHECK(file << ": compare a value of a type, which one function reads from the text:\n" << line);
  });
}

TEST_CASE("each place where text may decide is still there") {
  for (const auto& place : allowed_places) {
    bool there = false;
    for_each_line([&](const std::string& file, const std::string& line) {
      there = there || (decides_by_words(line) && is_at(place, file, line));
    });
    INFO(place.path << " has no such line any more: " << place.text);
    CHECK(there);
    CHECK_FALSE(place.why.empty());
  }
}
