// The rules of the house (ARCHITECTURE.md) that a machine can check.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path root = PGCLEAVE_SOURCE_DIR;

// Who may include whom, besides itself.
const std::map<std::string, std::set<std::string>> arrows{
    {"base", {}},
    {"postgres", {"base"}},
    {"pgbouncer", {"base", "postgres"}},
    {"rest", {"base"}},
    {"patroni", {"base", "rest"}},
    {"config", {"base"}},
    {"journal", {"base"}},
    {"runbook", {"base", "config"}},
    {"fence", {"base", "postgres"}},
    {"data", {"base", "postgres"}},
    {"compare", {"base", "postgres", "data"}},
    {"world", {"base", "postgres", "fence", "pgbouncer", "patroni", "config", "runbook"}},
    {"checks", {"base", "postgres", "fence", "pgbouncer", "patroni", "config", "runbook", "world"}},
    {"init", {"base", "postgres", "pgbouncer", "rest", "patroni", "config", "world", "checks"}},
    {"steps",
     {"base", "postgres", "fence", "data", "compare", "pgbouncer", "rest", "patroni", "config", "runbook", "world",
      "checks"}},
    {"engine", {"base", "config", "runbook", "journal", "world", "steps"}},
    {"readiness", {"base", "runbook", "journal", "world", "checks", "steps", "engine"}},
    {"watch", {"base", "postgres", "fence", "pgbouncer", "rest", "config", "journal", "world"}},
    {"report", {"base", "runbook", "journal", "world", "checks", "steps", "engine", "readiness", "watch"}},
    {"app",
     {"base", "fence", "data", "pgbouncer", "patroni", "config", "runbook", "journal", "world", "checks", "steps",
      "engine", "readiness", "watch", "report"}},
    {"cli",
     {"base", "config", "runbook", "journal", "world", "checks", "steps", "engine", "readiness", "report", "app",
      "init"}},
};

// Each is hidden behind one file of ours, so that it can be replaced there and its errors end there.
const std::vector<std::string> third_parties{"<libpq-fe.h>",   "<yaml-cpp/", "<httplib.h>", "<sqlite3.h>",
                                             "<boost/process", "<spdlog/",   "<CLI/",       "<fmt/",
                                             "<nlohmann/",     "<tl/",       "<openssl/",   "<pg_query.h>"};

std::vector<fs::path> sources(const std::string& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    const auto extension = entry.path().extension();
    if (entry.is_regular_file() && (extension == ".cpp" || extension == ".h"))
      found.push_back(fs::relative(entry.path(), root));
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream in(root / file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// What stands behind #include, with its quotes or brackets.
std::vector<std::string> includes_of(const fs::path& file) {
  static const std::regex include(R"re(^\s*#\s*include\s*(["<][^">]+[">]).*)re");
  std::vector<std::string> found;
  for (const auto& line : lines_of(file)) {
    if (std::smatch match; std::regex_match(line, match, include)) found.push_back(match[1]);
  }
  return found;
}

// src/base/file.h -> base; the folder of "base/file.h" -> base; a file beside main is in no folder.
std::string folder_of(const fs::path& file) {
  return *std::next(file.begin());
}

std::string included_folder(const std::string& include) {
  const auto slash = include.find('/');
  return include[0] == '"' && slash != std::string::npos ? include.substr(1, slash - 1) : "";
}

bool may_include(const std::string& folder, const std::string& include) {
  const auto wanted = included_folder(include);
  const auto& allowed = arrows.at(folder);
  if (folder == "pgbouncer" && wanted == "postgres") return include == "\"postgres/connection.h\"";
  return wanted.empty() || wanted == folder || allowed.contains(wanted);
}

bool has_forbidden_word(const fs::path& file) {
  static const std::set<std::string> forbidden{"util", "utils", "helper", "helpers", "manager", "common", "misc"};
  const auto text = file.stem().string();
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, '_');) {
    if (forbidden.contains(word)) return true;
  }
  return false;
}

struct Function {
  std::string head;
  std::size_t lines = 0;
};

// As clang-format sets them: a function's head begins at the margin, and a } stands there alone below it. All lines
// from the one to the other count. What stands in a class is indented by two, and found in the same way.
std::vector<Function> functions_in(const std::vector<std::string>& lines, const std::string& margin = "") {
  static const std::regex a_class("(?:template.*)?(?:class|struct|union)\\b.*");
  static const std::regex no_body("(?:inline )?namespace\\b.*|extern \"C\".*");
  static const std::regex aside("\\s*(?://.*)?| *(?:public|private|protected):|#.*|.*\\\\");
  std::vector<Function> found;
  std::vector<std::string> statement;  // from its head on
  bool in_body = false;
  for (const auto& whole : lines) {
    if (!in_body && (std::regex_match(whole, aside) || !whole.starts_with(margin))) {
      statement.clear();
      continue;
    }
    statement.push_back(whole);
    const auto line = whole.substr(std::min(margin.size(), whole.size()));
    const auto head = statement.front().substr(margin.size());
    const bool ends = in_body ? whole.starts_with(margin + "}") : line.ends_with(";") || line.ends_with("}");
    if (!in_body && line.ends_with("{")) in_body = !std::regex_match(head, no_body);
    if (!in_body && line.ends_with("{")) statement.clear();
    if (!ends) continue;
    if (in_body && std::regex_match(head, a_class)) {
      const std::vector<std::string> members(statement.begin() + 1, statement.end() - 1);
      for (const auto& member : functions_in(members, margin + "  ")) found.push_back(member);
    } else if (in_body && line == "}") {
      found.push_back({head, statement.size()});
    }
    in_body = false;
    statement.clear();
  }
  return found;
}

std::vector<fs::path> all_sources() {
  auto all = sources("src");
  for (const auto& file : sources("tests")) all.push_back(file);
  return all;
}

}  // namespace

TEST_CASE("the rules of the house know right from wrong") {
  CHECK(may_include("steps", "\"postgres/wal.h\""));
  CHECK(may_include("pgbouncer", "\"postgres/connection.h\""));
  CHECK_FALSE(may_include("pgbouncer", "\"postgres/wal.h\""));
  CHECK_FALSE(may_include("patroni", "\"postgres/connection.h\""));
  CHECK_FALSE(may_include("base", "\"journal/journal.h\""));
  CHECK_FALSE(may_include("engine", "\"postgres/wal.h\""));
  CHECK(has_forbidden_word("src/base/string_utils.cpp"));
  CHECK_FALSE(has_forbidden_word("src/base/utility_pole.cpp"));
  CHECK(sources("src").size() > 10);
}

TEST_CASE("arrows between the folders point down only") {
  for (const auto& file : sources("src")) {
    if (file.has_parent_path() && file.parent_path() == "src") continue;
    const auto folder = folder_of(file);
    INFO(file.string() << ": a folder that is not in the table needs its row there and in ARCHITECTURE.md");
    REQUIRE(arrows.contains(folder));
    for (const auto& include : includes_of(file)) {
      INFO("includes " << include);
      CHECK(may_include(folder, include));
    }
  }
}

TEST_CASE("use cases print nothing, and verbs ask no server") {
  CHECK_FALSE(may_include("cli", "\"postgres/connection.h\""));
  CHECK_FALSE(may_include("app", "\"cli/verb.h\""));
  for (const auto& file : sources("src/app")) {
    INFO(file.string() << " prints: return it as a result, and let its verb print it");
    const auto includes = includes_of(file);
    CHECK(std::find(includes.begin(), includes.end(), "<iostream>") == includes.end());
  }
}

TEST_CASE("each library is included by one file only") {
  for (const auto& library : third_parties) {
    std::set<std::string> users;
    for (const auto& file : sources("src")) {
      for (const auto& include : includes_of(file)) {
        if (include.starts_with(library)) users.insert(file.string());
      }
    }
    std::string names;
    for (const auto& user : users) names += " " + user;
    INFO(library << " is included by" << names);
    CHECK(users.size() <= 1);
  }
}

TEST_CASE("every file can be read in one go") {
  for (const auto& file : all_sources()) {
    const std::size_t most = file.string().starts_with("src/") ? 300 : 350;
    INFO(file.string() << " is longer than " << most << " lines: split it by what it says");
    CHECK(lines_of(file).size() <= most);
  }
}

TEST_CASE("every function fits on a screen") {
  std::size_t functions = 0;
  for (const auto& file : sources("src")) {
    for (const auto& function : functions_in(lines_of(file))) {
      ++functions;
      INFO(file.string() << ": " << function.head << " is longer than 50 lines: cut it where it does another thing");
      CHECK(function.lines <= 50);
    }
  }
  CHECK(functions > 2000);
}

TEST_CASE("functions are found, and measured from head to brace") {
  const auto found = functions_in({"namespace a {",
                                   "const int table[] = {",
                                   "    1,",
                                   "};",
                                   "// One.",
                                   "int one(int a,",
                                   "        int b) {",
                                   "  if (a) {",
                                   "    b();",
                                   "  }",
                                   "  return R\"(",
                                   "at the margin",
                                   ")\";",
                                   "}",
                                   "",
                                   "class B {",
                                   " public:",
                                   "  int two() const {",
                                   "    return 2;",
                                   "  }",
                                   "  int three() const;",
                                   "};",
                                   "int four() { return 4; }",
                                   "}  // namespace a"});
  REQUIRE(found.size() == 2);
  CHECK(found[0].head == "int one(int a,");
  CHECK(found[0].lines == 9);
  CHECK(found[1].head == "int two() const {");
  CHECK(found[1].lines == 3);
}

TEST_CASE("no file is named after nothing") {
  for (const auto& file : all_sources()) {
    INFO(file.string() << ": name it after what it is");
    CHECK_FALSE(has_forbidden_word(file));
  }
}

TEST_CASE("the unit tests mirror the sources") {
  for (const auto& file : sources("tests/unit")) {
    const auto folder = fs::relative(root / file, root / "tests/unit").parent_path();
    if (folder.empty()) continue;  // test_main.cpp
    INFO(file.string() << " tests a folder that does not exist");
    CHECK(fs::is_directory(root / "src" / *folder.begin()));
  }
}
