#include "readiness/last_comparison.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

using namespace pgcleave;

namespace {

Json table_compared(const std::string& name, std::size_t differences = 0) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < differences; ++i) rows.push_back({{"key", "id 1"}, {"kind", "missing"}});
  return {{"table", name},       {"not_compared", ""}, {"shape", Json::array()},    {"rows", 100},
          {"differences", rows}, {"more", false},      {"undecided", Json::array()}};
}

// A journal in which split ci of environment lab, and others, were compared.
class ComparedSplit {
 public:
  ComparedSplit() : folder_(new_folder()) {}
  ~ComparedSplit() { std::filesystem::remove_all(folder_); }
  ComparedSplit(const ComparedSplit&) = delete;
  ComparedSplit& operator=(const ComparedSplit&) = delete;

  void write(const std::string& run, const std::string& type, const Json& data) const {
    auto journal = journal::Journal::open(path(), Deadline::in(std::chrono::seconds(10)));
    REQUIRE(journal);
    REQUIRE(journal->append(run, type, data, journal::Durability::process));
  }
  void compare(const std::string& run, const std::vector<Json>& tables, const Json& more = Json::object()) const {
    Json data{{"split_name", "ci"},
              {"environment_name", "lab"},
              {"original", "source main"},
              {"copy", "target ci"},
              {"how", "target ci follows source main by replay of the standby"},
              {"position", "0/5A3"},
              {"operator", "ann@ops"},
              {"ms", 0.0},
              {"tables", tables}};
    data.update(more);
    write(run, "compare.done", data);
  }
  void pass_ownership(const std::string& run, const std::string& environment = "lab") const {
    write(run, "run.begun", {{"split_name", "ci"}, {"environment_name", environment}});
    write(run, "window.taken", {{"phase", "window"}});
  }
  [[nodiscard]] std::string path() const { return folder_ / "journal.db"; }
  [[nodiscard]] std::optional<readiness::LastComparison> last(const std::string& environment = "lab") const {
    const auto last = readiness::last_comparison(path(), "ci", environment);
    if (!last) FAIL(last.error().text());
    return *last;
  }

 private:
  static std::filesystem::path new_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "pgcleave-compared-XXXXXX").string();
    return ::mkdtemp(pattern.data());
  }
  std::filesystem::path folder_;
};

}  // namespace

TEST_CASE("where no journal is, and where it holds no comparison of this split, it was never compared") {
  const ComparedSplit a;
  CHECK_FALSE(a.last());
  a.compare("v-1", {table_compared("ci.builds")}, {{"split_name", "other"}});
  a.compare("v-2", {table_compared("ci.builds")}, {{"environment_name", "staging"}});
  CHECK_FALSE(a.last());
  REQUIRE(a.last("staging"));
  CHECK(a.last("staging")->run == "v-2");
}

TEST_CASE("the newest comparison counts, by a command or by a step, whatever the earlier ones found") {
  const ComparedSplit a;
  a.compare("v-1", {table_compared("ci.builds", 2), table_compared("ci.jobs")});
  REQUIRE(a.last());
  CHECK(a.last()->differences() == 2);
  CHECK(a.last()->differing() == 1);
  CHECK(a.last()->whose() == "pgcleave compare (v-1)");
  a.compare("r-1", {table_compared("ci.builds")}, {{"step", "compared"}});
  CHECK(a.last()->differing() == 0);
  CHECK(a.last()->tables.size() == 1);
  CHECK(a.last()->rows() == 100);
  CHECK(a.last()->whose() == "run r-1, step compared");
  CHECK(a.last()->by == "ann@ops");
  CHECK(a.last()->position == "0/5A3");
}

TEST_CASE(
    "rows and tables that were not judged are counted, as are columns, and nothing is made up of a damaged event") {
  const ComparedSplit a;
  auto late = table_compared("ci.late");
  late["not_compared"] = "not reached in 10m";
  auto busy = table_compared("ci.busy");
  busy["undecided"] = {"id 1", "id 2"};
  auto wide = table_compared("ci.wide");
  wide["shape"] = {"column note is on source main only"};
  auto much = table_compared("ci.much", 3);
  much["more"] = true;
  a.compare("v-1", {late, busy, wide, much});
  const auto last = a.last();
  REQUIRE(last);
  CHECK(last->incomplete() == 3);
  CHECK(last->undecided() == 2);
  CHECK(last->columns() == 1);
  CHECK(last->differing() == 2);
  CHECK_FALSE(last->counts_all_differences());
  a.compare("v-2", {"what", 7}, {{"ms", "soon"}, {"how", 1}});
  REQUIRE(a.last());
  CHECK(a.last()->tables.size() == 2);
  CHECK(a.last()->tables.front().table.empty());
  CHECK(a.last()->differing() == 0);
}

TEST_CASE("a comparison is told as older than the run that passed ownership since it began, and than no other run") {
  const ComparedSplit a;
  a.pass_ownership("r-1");
  a.compare("v-1", {table_compared("ci.builds")});
  CHECK(a.last()->passed_by.empty());
  a.pass_ownership("r-2", "staging");
  CHECK(a.last()->passed_by.empty());
  a.pass_ownership("r-3");
  CHECK(a.last()->passed_by == "r-3");
  CHECK(a.last()->passed_at_us >= a.last()->began_at_us);
  a.write("r-3", "window.taken", {{"phase", "rollback.window"}});
  CHECK(a.last()->passed_by == "r-3");
  // It had begun before, and ended after it.
  a.compare("v-2", {table_compared("ci.builds")}, {{"ms", 60'000.0}});
  CHECK(a.last()->run == "v-2");
  CHECK(a.last()->passed_by == "r-3");
  a.compare("v-3", {table_compared("ci.builds")});
  CHECK(a.last()->passed_by.empty());
}
