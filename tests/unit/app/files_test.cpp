#include "app/files.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "app/change.h"

using namespace pgcleave;
using namespace pgcleave::app;

namespace {

const std::string nowhere = "/nonexistent/pgcleave";

}  // namespace

TEST_CASE("an error and the problem that is made of it read alike") {
  const Error error{ErrorKind::invalid, "lab.yml", "names no split file", "one", "none", "give one with --split", ""};
  const auto problem = problem_of(error);
  CHECK(problem.text() == error.text());
  REQUIRE(errors_of({problem}).size() == 1);
  CHECK(errors_of({problem}).front().text() == error.text());
}

TEST_CASE("a file that can't be read has that as its only problem") {
  const auto read = read_environment_file(nowhere);
  CHECK_FALSE(read.value);
  REQUIRE(read.problems.size() == 1);
  CHECK(read.problems.front().at.file == nowhere);
}

TEST_CASE("all that is wrong with the files of a change is told at once") {
  const auto folder = std::filesystem::temp_directory_path().string();
  const auto read = read_change({folder + "/no-runbook.yml", {nowhere, "", ""}, {}});
  CHECK_FALSE(read.value);
  REQUIRE(read.problems.size() == 1);  // no file, and no shipped runbook either: nothing else is looked at
  CHECK(read.problems.front().at.file.starts_with("runbook "));

  const auto both = read_change({PGCLEAVE_SOURCE_DIR "/README.md", {nowhere, "", ""}, {}});
  CHECK_FALSE(both.value);
  REQUIRE(both.problems.size() >= 2);
  CHECK(both.problems.front().at.file == PGCLEAVE_SOURCE_DIR "/README.md");
  CHECK(both.problems.back().at.file == nowhere);
}

TEST_CASE("a parameter is name=value") {
  const runbook::Runbook runbook;
  const auto read = read_params(runbook, {"budget"});
  REQUIRE(read.problems.size() == 1);
  CHECK(read.problems.front().text() == "--set budget: is not a parameter (expected name=value)");
}

TEST_CASE("a split file is the one that is named, or else the environment's") {
  config::Environment environment;
  environment.path = "lab.yml";
  const auto none = read_split_for({}, environment);
  REQUIRE(none.problems.size() == 1);
  CHECK(none.problems.front().text() == "lab.yml: names no split file\n  give one with --split");
  environment.split = nowhere + "/of-environment";
  CHECK(read_split_for({}, environment).problems.front().at.file == environment.split);
  CHECK(read_split_for({"", nowhere, ""}, environment).problems.front().at.file == nowhere);
}

TEST_CASE("a command that is proposed names the environment, and the journal where one was given") {
  CHECK(FilesNamed{"given.yml", "", ""}.again("begun.yml") == " -e begun.yml");
  CHECK(FilesNamed{"", "", "here.db"}.again("") == " --journal here.db");
  CHECK(FilesNamed{"", "", "here.db"}.again("lab.yml") == " -e lab.yml --journal here.db");
}

TEST_CASE("a journal is the one that is named, or else the environment's") {
  config::Environment environment;
  environment.journal = "/of-environment.db";
  CHECK(journal_path({"", "", "/named.db"}, &environment) == "/named.db");
  CHECK(journal_path({}, &environment) == "/of-environment.db");
  const auto unread = journal_path({nowhere, "", ""});
  CHECK_FALSE(unread.value);
  CHECK(unread.problems.front().at.file == nowhere);
}
