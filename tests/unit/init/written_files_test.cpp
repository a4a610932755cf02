#include "init/written_files.h"

#include "a_stack.h"

using namespace pgcleave;
using namespace pgcleave::init;
using namespace pgcleave::init::test;

TEST_CASE("a file that came meanwhile stays as it is, and those that were put there before it are gone again") {
  const pgbouncer::Folder folder;
  const auto directory = folder.path() + "/new/folder";
  const std::vector<FileText> files{{"one.yml", "one\n", false, ""}, {"two.yml", "two\n", true, "tried\n"}};
  {
    auto staged = StagedFiles::in(directory);
    REQUIRE(staged.has_value());
    REQUIRE(staged->stage(files).has_value());
    CHECK(pgbouncer::slurp(staged->path_of("two.yml")) == "tried\n");
    pgbouncer::spew(directory + "/two.yml", "mine");
    const auto put = staged->put_in_place(files);
    REQUIRE_FALSE(put.has_value());
    CHECK(has(put.error().text(), directory + "/two.yml: is there already"));
  }
  CHECK(pgbouncer::slurp(directory + "/two.yml") == "mine");
  CHECK(std::distance(std::filesystem::directory_iterator(directory), {}) == 1);
}

TEST_CASE("a dangling link is a name that is taken") {
  const pgbouncer::Folder folder;
  std::filesystem::create_symlink("/nowhere", folder.path() + "/split.yml");
  CHECK(has(names_are_free(folder.path(), {"environment.yml", "split.yml"}).error().text(), "/split.yml: is there"));
}

TEST_CASE("addresses are taken as people type them") {
  CHECK(rest_url("--source", "10.0.0.1").value() == "http://10.0.0.1:8008");
  CHECK(rest_url("--source", "https://db-1.example:8009/").value() == "https://db-1.example:8009");
  CHECK(rest_url("--source", "[fd00::1]:8008").value() == "http://[fd00::1]:8008");
  CHECK(has(rest_url("--source", "http://a b").error().text(), "--source: is not the address of a Patroni member"));
  CHECK_FALSE(rest_url("--source", "host:99999").has_value());
  CHECK_FALSE(rest_url("--source", "http://user@host").has_value());
  CHECK(console_address("/run/pgbouncer:6433")->text() == "/run/pgbouncer:6433");
  CHECK(console_address("[::1]")->text() == "[::1]:6432");
  CHECK_FALSE(console_address("10.0.0.1:").has_value());
  CHECK(is_here("127.0.0.1"));
  CHECK_FALSE(is_here("192.0.2.1"));
}

TEST_CASE("what YAML would take for something else is quoted") {
  CHECK(yaml_value("app") == "app");
  for (const char* text : {"yes", "No", "null", "1.5", "17", "", "a: b", "*", "- x", "a'b"})
    CHECK(yaml_value(text) == to_text(Json(text)));
  CHECK(yaml_value("10.0.0.1") == "10.0.0.1");
  CHECK(split_name("CI-2") == "ci_2");
  CHECK(split_name("2nd") == "split_2nd");
  CHECK(split_name("kept_x") == "split_kept_x");
}
