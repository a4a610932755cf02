// A route is tried through the process that clients would take, before one of them is sent there.
#include "pgbouncer/route_trial.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "pgbouncer/config_files.h"
#include "servers.h"

using namespace pgcleave;
using namespace pgcleave::pgbouncer;

namespace {

constexpr const char* which_port = "select current_setting('port') as port";

ino_t number_of(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

std::vector<std::string> entries(const RunningBouncer& bouncer) {
  std::vector<std::string> served_names;
  const auto served = bouncer.console().databases(soon()).value();
  for (const auto& one : served) served_names.push_back(one.name);
  return served_names;
}

std::string copied(const std::string& text, const Route& route) {
  const auto future = ConfigFile::parse("a.ini", text)->with_route("app", route).value().text;
  return text_with_copied_line(text, future, "try").value();
}

}  // namespace

TEST_CASE("a route is tried through the bouncer, whose clients, file and staged text stay as they are") {
  const Folder folder;
  const Postgres here(folder, "here");
  const Postgres there(folder, "there");
  const RunningBouncer bouncer(folder, "one", here.port());
  auto client = bouncer.connect();
  Fleet fleet({bouncer.spec()});
  REQUIRE(problem(fleet.connect(soon())) == "");
  const bool staged = GENERATE(false, true);
  if (staged) REQUIRE(problem(fleet.stage_route({"127.0.0.1", there.port()}, soon())) == "");
  const auto text = slurp(bouncer.config());
  const auto file = number_of(bouncer.config());
  const auto next = staged ? slurp(bouncer.config() + ".pgcleave") : "";

  const auto tried = try_route(bouncer.spec(), {"127.0.0.1", there.port()}, bouncer.client(), which_port, soon());
  REQUIRE(tried.has_value());
  REQUIRE(tried->answer.has_value());
  CHECK(tried->answer->text(0, "port") == std::to_string(there.port()));
  CHECK(tried->tls.count("server_tls_sslmode") == 1);
  CHECK(client.simple(which_port, soon())->text(0, "port") == std::to_string(here.port()));
  CHECK(port_behind(bouncer) == here.port());
  CHECK(slurp(bouncer.config()) == text);
  CHECK(number_of(bouncer.config()) == file);
  CHECK((number_of(bouncer.config() + ".pgcleave") != 0) == staged);
  if (staged) CHECK(slurp(bouncer.config() + ".pgcleave") == next);
  CHECK(number_of(bouncer.config() + ".pgcleave-kept") == 0);
  CHECK(entries(bouncer) == std::vector<std::string>{"app", "pgbouncer"});
}

TEST_CASE("a route that nobody serves is told, and nothing is left behind") {
  const Folder folder;
  const Postgres here(folder, "here");
  const RunningBouncer bouncer(folder, "one", here.port());
  const auto text = slurp(bouncer.config());
  auto client = bouncer.connect();
  const auto began = Monotonic::now();
  const auto tried =
      try_route(bouncer.spec(), {"127.0.0.1", 1}, bouncer.client(), which_port, Deadline::in(std::chrono::seconds(9)));
  REQUIRE(tried.has_value());
  CHECK_FALSE(tried->answer.has_value());
  CHECK(tried->refused.has_value());
  CHECK(Monotonic::now() - began < std::chrono::seconds(9));
  CHECK(slurp(bouncer.config()) == text);
  CHECK(number_of(bouncer.config() + ".pgcleave") == 0);
  CHECK(number_of(bouncer.config() + ".pgcleave-kept") == 0);
  CHECK(client.simple("select 1", soon()).has_value());
  CHECK(port_behind(bouncer) == here.port());
}

TEST_CASE("a route that was left in trial is taken away by whoever comes next") {
  const bool by_trial = GENERATE(false, true);
  const Folder folder;
  const Postgres here(folder, "here");
  const RunningBouncer bouncer(folder, "one", here.port());
  const auto text = slurp(bouncer.config());
  {
    ConfigFiles files(bouncer.config(), {}, nullptr);
    REQUIRE(files.begin_trial({bouncer.config(), copied(text, {"127.0.0.1", 1})}, soon()).has_value());
  }
  REQUIRE(bouncer.console().reload(soon()).has_value());
  CHECK(entries(bouncer).size() == 3);
  if (by_trial) {
    CHECK(try_route(bouncer.spec(), {"127.0.0.1", here.port()}, bouncer.client(), which_port, soon())
              ->answer.has_value());
  } else {
    Fleet fleet({bouncer.spec()});
    REQUIRE(problem(fleet.connect(soon())) == "");
    CHECK(problem(fleet.discard_staged(soon())) == "");
  }
  CHECK(slurp(bouncer.config()) == text);
  CHECK(number_of(bouncer.config() + ".pgcleave-kept") == 0);
  CHECK(entries(bouncer) == std::vector<std::string>{"app", "pgbouncer"});
}

TEST_CASE("a pool that is paused is not tried, nor one whose clients no password is known of") {
  const Folder folder;
  const Postgres here(folder, "here");
  const RunningBouncer bouncer(folder, "one", here.port());
  const auto unknown = try_route(bouncer.spec(), {"127.0.0.1", 1}, std::nullopt, which_port, soon());
  REQUIRE(unknown.has_value());
  CHECK(unknown->not_tried.find("probe") != std::string::npos);
  REQUIRE(bouncer.console().begin_pause("app").has_value());
  const auto paused = try_route(bouncer.spec(), {"127.0.0.1", 1}, bouncer.client(), which_port, soon());
  REQUIRE(paused.has_value());
  CHECK(paused->not_tried == "the pool is paused");
  CHECK(slurp(folder.path() + "/one.log").find("RELOAD command") == std::string::npos);
}

TEST_CASE(
    "a process that reads another file than the environment file names is not tried, and its file stays as it is") {
  const Folder folder;
  const Postgres here(folder, "here");
  const RunningBouncer bouncer(folder, "one", here.port());
  auto spec = bouncer.spec();
  spec.config = folder.path() + "/other.ini";
  spew(spec.config, slurp(bouncer.config()));
  const auto tried = try_route(spec, {"127.0.0.1", 1}, bouncer.client(), which_port, soon());
  REQUIRE_FALSE(tried.has_value());
  CHECK(tried.error().seen == bouncer.config());
  CHECK(slurp(spec.config) == slurp(bouncer.config()));
  CHECK(entries(bouncer) == std::vector<std::string>{"app", "pgbouncer"});
}

TEST_CASE("the pool's line is copied with the new route and all else that it says") {
  const std::string mark = std::string(trial_mark) + "\n";
  CHECK(copied("[databases]\napp = host=a port=1 user=u password='x=''y'\nb = port=2\n", {"c", 3}) ==
        "[databases]\napp = host=a port=1 user=u password='x=''y'\n" + mark +
            "try = host=c port=3 user=u password='x=''y'\nb = port=2\n");
  CHECK(copied("[databases]\r\napp=host=a\r\n", {"a", 3}) ==
        "[databases]\r\napp=host=a\r\n" + mark + "try =port=3 host=a\r\n");
  CHECK(copied("[databases]\n'app' = host=a", {"c", 5432}) == "[databases]\n'app' = host=a\n" + mark + "try = host=c");
  CHECK_FALSE(text_with_copied_line("a", "a", "try").has_value());
}
