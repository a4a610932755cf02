// A repoint renames a file and RELOADs: whether that has an effect is tried before any client waits.
#include <signal.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <future>

#include "pgbouncer/config_files.h"
#include "servers.h"
#include "silent_server.h"

using namespace pgcleave;
using namespace pgcleave::pgbouncer;

namespace {

ino_t inode(const std::string& path) {
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_ino;
}

// Its entry stands in a file of its own from now on.
std::string include_the_pool(const RunningBouncer& bouncer) {
  const auto text = slurp(bouncer.config());
  const auto begin = text.find("app = ");
  const auto end = text.find('\n', begin) + 1;
  const auto part = bouncer.config() + ".databases";
  spew(part, text.substr(begin, end - begin));
  spew(bouncer.config(), text.substr(0, begin) + "%include " + part + "\n" + text.substr(end));
  REQUIRE(bouncer.console().reload(soon()).has_value());
  return part;
}

bool is_there(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0;
}

}  // namespace

TEST_CASE("a process that reads the file which is renamed into place is shown to, and has the very file back") {
  const bool included = GENERATE(false, true);
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer bouncer(folder, "one", postgres.port(), "query_wait_timeout = 33\n");
  auto holder = bouncer.config();
  if (included) holder = include_the_pool(bouncer);
  const auto text = slurp(holder);
  const auto file = inode(holder);
  auto client = bouncer.connect();
  Fleet fleet({bouncer.spec()});
  REQUIRE(problem(fleet.connect(soon())) == "");
  CHECK(problem(fleet.try_files(soon())) == "");
  CHECK(problem(fleet.try_files(soon())) == "");
  CHECK(slurp(holder) == text);
  CHECK(inode(holder) == file);
  CHECK(setting(bouncer, "query_wait_timeout") == "33");
  CHECK_FALSE(bouncer.console().database("pgcleave_trial", soon()).has_value());
  CHECK_FALSE(is_there(holder + ".pgcleave"));
  CHECK_FALSE(is_there(holder + ".pgcleave-kept"));
  CHECK(client.simple("select 1", soon()).has_value());
  const auto log = slurp(folder.path() + "/one.log");
  CHECK(log.find("RELOAD command") != std::string::npos);
}

TEST_CASE("a process that reads another file of that name is found before any client waits") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  RunningBouncer bouncer(folder, "one", postgres.port());
  bouncer.stop();
  const Folder elsewhere;
  spew(elsewhere.path() + "/one.ini", slurp(bouncer.config()));
  const Server process({"/usr/bin/env", "-C", elsewhere.path(), "/usr/sbin/pgbouncer", "-q", "one.ini"},
                       folder.path() + "/other.out", SIGKILL);
  const auto text = slurp(bouncer.config());
  Fleet fleet({bouncer.spec()});
  REQUIRE(wait_until("it answers", soon(), std::chrono::milliseconds(20), nullptr,
                     [&]() -> Result<bool> { return fleet.connect(within_ms(500)).has_value(); }));
  const auto tried = fleet.try_files(soon());
  REQUIRE_FALSE(tried.has_value());
  CHECK(tried.error().kind == ErrorKind::not_ready);
  CHECK(tried.error().what.find("does not read its config file after a rename") != std::string::npos);
  CHECK(slurp(bouncer.config()) == text);
  CHECK_FALSE(is_there(bouncer.config() + ".pgcleave"));
  CHECK_FALSE(is_there(bouncer.config() + ".pgcleave-kept"));
}

TEST_CASE("a trial that was cut short is ended by whoever comes next, unless somebody has replaced the file since") {
  const bool replaced = GENERATE(false, true);
  const bool by_trial = GENERATE(false, true);
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer bouncer(folder, "one", postgres.port());
  const auto text = slurp(bouncer.config());
  {
    ConfigFiles files(bouncer.config(), {}, nullptr);
    const auto mark =
        "; pgcleave tries whether this file is read; the file without this line and the next one lies beside it";
    const auto trial = files.read(soon())->with_lines_behind("app", {mark, "pgcleave_trial = port=1"}).value();
    REQUIRE(files.begin_trial(trial, soon()).has_value());
  }
  REQUIRE(bouncer.console().reload(soon()).has_value());
  CHECK(bouncer.console().database("pgcleave_trial", soon()).has_value());
  const auto newer = text + "; a person was here\n";
  if (replaced) spew(bouncer.config(), newer);
  Fleet fleet({bouncer.spec()});
  REQUIRE(problem(fleet.connect(soon())) == "");
  CHECK(problem(by_trial ? fleet.try_files(soon()) : fleet.discard_staged(soon())) == "");
  CHECK(slurp(bouncer.config()) == (replaced ? newer : text));
  CHECK_FALSE(is_there(bouncer.config() + ".pgcleave-kept"));
  if (by_trial || !replaced) CHECK_FALSE(bouncer.console().database("pgcleave_trial", soon()).has_value());
}

TEST_CASE("what somebody edits while a trial stands in the file's place is kept") {
  const Folder folder;
  const RunningBouncer bouncer(folder, "one", free_port(), "query_wait_timeout = 33\n");
  const auto text = slurp(bouncer.config());
  const bool ends_open = GENERATE(false, true);
  if (ends_open) spew(bouncer.config(), text.substr(0, text.find_last_not_of("\n") + 1));
  ConfigFiles files(bouncer.config(), {}, [](ConfigPlace&) -> Result<std::string> { return std::string("/"); });
  const auto before = files.read(soon()).value();
  const auto whole = before.text();
  const auto mark = std::string("; a trial of the test");
  REQUIRE(files.begin_trial(before.with_lines_behind("app", {mark, "other = port=1"}).value(), soon()).has_value());
  CHECK(slurp(bouncer.config()).find(mark) != std::string::npos);
  auto edited = slurp(bouncer.config());
  edited.replace(edited.find("query_wait_timeout = 33"), 23, "query_wait_timeout = 44");
  spew(bouncer.config(), edited);
  CHECK(files.end_trials(mark, soon()).value());
  auto wanted = whole;
  wanted.replace(wanted.find("query_wait_timeout = 33"), 23, "query_wait_timeout = 44");
  CHECK(slurp(bouncer.config()) == wanted);
  CHECK_FALSE(is_there(bouncer.config() + ".pgcleave-kept"));
  CHECK_FALSE(is_there(bouncer.config() + ".pgcleave-trial"));
  CHECK_FALSE(files.end_trials(mark, soon()).value());
}

TEST_CASE("a RELOAD that would send clients elsewhere is not tried, nor one while somebody keeps the pool paused") {
  const Folder folder;
  const Postgres postgres(folder, "pg");
  const RunningBouncer bouncer(folder, "one", postgres.port());
  const auto text = slurp(bouncer.config());
  Fleet fleet({bouncer.spec()});
  REQUIRE(problem(fleet.connect(soon())) == "");
  spew(bouncer.config(), ConfigFile::parse("", text)->with_route("app", {"127.0.0.1", 1}).value().text);
  CHECK(problem(fleet.try_files(soon())).find("a RELOAD would send clients elsewhere") != std::string::npos);
  CHECK(port_behind(bouncer) == postgres.port());
  spew(bouncer.config(), text);
  REQUIRE(bouncer.console().begin_pause("app").has_value());
  CHECK(problem(fleet.try_files(soon())) == "");
  CHECK(slurp(folder.path() + "/one.log").find("RELOAD command") == std::string::npos);
}

// One that is closed counts as failed, and clients who come next wait for server_login_retry, 15 s (1.18).
TEST_CASE("a trial closes no server login that is under way") {
  const Folder folder;
  const SilentServer silent;
  const RunningBouncer bouncer(folder, "one", silent.port());
  Fleet fleet({bouncer.spec()});
  REQUIRE(problem(fleet.connect(soon())) == "");
  auto client = std::async(std::launch::async,
                           [&] { return postgres::Connection::open(bouncer.client(), within_ms(3000)).has_value(); });
  auto console = postgres::Connection::open(bouncer.spec().console, soon()).value();
  const auto logins = [&] {
    std::string all;
    const auto servers = console.simple("SHOW SERVERS", soon()).value();
    for (std::size_t row = 0; row < servers.size(); ++row)
      all += servers.text(row, "state") + " " + servers.text(row, "ptr") + "\n";
    return all;
  };
  REQUIRE(wait_until("a login is under way", soon(), std::chrono::milliseconds(5), nullptr,
                     [&]() -> Result<bool> { return !logins().empty(); }));
  const auto before = logins();
  CHECK(problem(fleet.try_files(soon())) == "");
  CHECK(logins() == before);
  CHECK_FALSE(client.get());
}

TEST_CASE("lines of a trial stand right behind the pool's entry, in its section") {
  const auto with = [](const std::string& text) {
    return ConfigFile::parse("a.ini", text)->with_lines_behind("app", {"; a", "b = port=2"}).value().text;
  };
  CHECK(with("[databases]\napp = port=1\n[pgbouncer]\nx = 1\n") ==
        "[databases]\napp = port=1\n; a\nb = port=2\n[pgbouncer]\nx = 1\n");
  CHECK(with("[databases]\r\napp = port=1\r\n") == "[databases]\r\napp = port=1\r\n; a\r\nb = port=2\r\n");
  CHECK(with("[databases]\napp = port=1") == "[databases]\napp = port=1\n; a\nb = port=2\n");
  CHECK_FALSE(
      ConfigFile::parse("a.ini", "[databases]\nother = port=1\n")->with_lines_behind("app", {"a = 1"}).has_value());
}
