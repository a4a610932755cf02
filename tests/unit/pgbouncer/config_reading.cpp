// The reader against the real PgBouncer: files as people and generators write them, put together at random, and what
// SHOW CONFIG and SHOW DATABASES say after a RELOAD of the same files.
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <map>
#include <random>

#include "pgbouncer/config_files.h"
#include "servers.h"

using namespace pgcleave;
using namespace pgcleave::pgbouncer;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> names{"app", "app_ro", "shop-main", "a.b", "_x"};
struct SomeSetting {
  const char* key;
  std::vector<std::string> values;
};
const std::vector<SomeSetting> some_settings{
    {"query_wait_timeout", {"2", "120", "0"}}, {"server_login_retry", {"3", "15"}},
    {"default_pool_size", {"7", "20", "31"}},  {"min_pool_size", {"0", "4"}},
    {"reserve_pool_timeout", {"5", "9"}},      {"pool_mode", {"session", "transaction"}},
    {"max_db_connections", {"0", "12"}},       {"server_reset_query", {"DISCARD ALL", "select 1; -- x"}},
    {"auth_user", {"lookup", "somebody"}}};

// Files in the order in which PgBouncer reads them, so that each line suits its section.
class Generated {
 public:
  Generated(std::mt19937& random, std::string folder, bool faulty)
      : random_(random), folder_(std::move(folder)), faults_(faulty ? 1 : 0) {}

  std::map<std::string, std::string> files() {
    eol_ = one_of({"\n", "\n", "\r\n"});
    write("one.ini", 0);
    return std::move(files_);
  }

 private:
  std::string one_of(const std::vector<std::string>& choices) { return choices[random_() % choices.size()]; }
  bool now_and_then(unsigned of) { return random_() % of == 0; }

  void write(const std::string& name, int depth) {
    std::string text;
    if (depth == 0 && !now_and_then(6)) {
      text = "[pgbouncer]" + eol_;
      section_ = "pgbouncer";
    }
    const auto lines = 3 + random_() % 8;
    for (std::size_t i = 0; i < lines; ++i) {
      text += one_of({"", "", "  ", "\t", eol_});
      line(text, depth);
    }
    if (now_and_then(4) && depth > 0 && text.ends_with(eol_)) text.resize(text.size() - eol_.size());
    files_[name] = text;
  }

  void line(std::string& text, int depth) {
    if (faults_ > 0 && now_and_then(6)) {
      --faults_;
      text += fault() + eol_;
      return;
    }
    if (section_.empty() || now_and_then(4)) {
      section_ = one_of({"databases", "databases", "pgbouncer", "users"});
      text += "[" + section_ + "]" + one_of({eol_, " ", ""});
      return;
    }
    if (depth < 3 && now_and_then(4)) {
      const auto name = fmt::format("part-{}.txt", ++parts_);
      text +=
          "%include" + one_of({" ", "\t", "  "}) + one_of({"", folder_ + "/", "./"}) + name + one_of({"", " "}) + eol_;
      write(name, depth + 1);
      return;
    }
    text += one_of({"", "", "; app = host=no" + eol_, "#x" + eol_, eol_}) + entry() + eol_;
  }

  std::string entry() {
    const auto equals = one_of({"=", " = ", "\t=  "});
    if (section_ == "users") return one_of({"app", "reporting"}) + equals + "pool_mode=session";
    if (section_ == "databases") return one_of(names) + equals + connection();
    const auto& setting = some_settings[random_() % some_settings.size()];
    return setting.key + equals + one_of(setting.values);
  }

  std::string connection() {
    std::vector<std::string> parts;
    if (random_() % 5)
      parts.push_back(
          "host" + one_of({"=", " = ", "= "}) +
          one_of({"10.0.0.1", "'10.0.0.2'", "::1", "/run/pg", "10.0.0.1,10.0.0.2", "[::1]", "10.0.0.1\tport=3"}));
    if (random_() % 5) parts.push_back("port=" + one_of({"5432", "'6000'", "65535"}));
    if (random_() % 2) parts.push_back("dbname=" + one_of({"app", "'it''s mine'", "a=b", "\"q\"", "'x; # y'"}));
    if (now_and_then(3)) parts.push_back("pool_size=7");
    if (now_and_then(4)) parts.push_back("connect_query='select ''port=1'''");
    if (now_and_then(9)) parts.push_back("port=1234");
    std::shuffle(parts.begin(), parts.end(), random_);
    std::string text;
    for (const auto& part : parts) text += part + one_of({" ", "  "});
    return text;
  }

  std::string fault() {
    std::vector<std::string> faults{"[unknown]",
                                    "[DATABASES]",
                                    "[databases",
                                    "no value",
                                    "\"app\" = host=x",
                                    "%include " + folder_ + "/missing.txt",
                                    "%includepart = x y z",
                                    "\xef\xbb\xbf[databases]"};
    if (section_ == "databases")
      faults = {"app = host='x", "app = host='x'y", "app = host= ", "app = host", "app = port=5432 ; old host"};
    return one_of(faults);
  }

  std::mt19937& random_;
  std::string folder_;
  int faults_;
  int parts_ = 0;
  std::string eol_;
  std::string section_;
  std::map<std::string, std::string> files_;
};

// A process that was started in its folder, by a relative name.
class Reading {
 public:
  Reading() : started_(folder_, "one", 1), config_(slurp(started_.config())) {
    started_.stop();
    process_.emplace(
        std::vector<std::string>{"/usr/bin/env", "-C", folder_.path(), "/usr/sbin/pgbouncer", "-q", "one.ini"},
        folder_.path() + "/other.out", SIGKILL);
    REQUIRE(wait_until("it answers", soon(), std::chrono::milliseconds(10), nullptr, [&]() -> Result<bool> {
      return Console::open(started_.spec().console, within_ms(500)).has_value();
    }));
    console_.emplace(started_.console());
  }
  // A database that goes with the next RELOAD that succeeds.
  void prepare() {
    spew(folder() + "/one.ini", config_ + "[databases]\nbefore = port=1\n");
    REQUIRE(console().reload(soon()).has_value());
    REQUIRE(console().database("before", soon()).has_value());
  }

  [[nodiscard]] std::string folder() const { return folder_.path(); }
  Console& console() { return *console_; }
  ConfigFiles files(const std::vector<std::string>& reach) const {
    return {folder() + "/one.ini", reach,
            [this](ConfigPlace& place) { return place.working_folder("one.ini", "", folder() + "/one.ini", soon()); }};
  }
  // Files of this round, and none of an earlier one. True when RELOAD has read them to their end.
  bool reload(const std::map<std::string, std::string>& texts, const std::string& marker) {
    for (const auto& entry : fs::directory_iterator(folder())) {
      if (entry.path().extension() == ".txt") fs::remove(entry.path());
    }
    for (const auto& [name, text] : texts)
      spew(folder() + "/" + name, text + (name == "one.ini" ? "\n[databases]\n" + marker + " = port=1\n" : ""));
    return reload(marker);
  }
  bool reload(const std::string& marker) {
    REQUIRE(console().reload(soon()).has_value());
    // A RELOAD that failed leaves databases of earlier rounds, also where it has read on behind the fault.
    bool read_to_the_end = false, failed = false;
    const auto served = console().databases(soon()).value();
    for (const auto& database : served) {
      read_to_the_end = read_to_the_end || database.name == marker;
      failed = failed || (database.name.starts_with("round_") && database.name != marker) || database.name == "before";
    }
    return read_to_the_end && !failed;
  }

 private:
  Folder folder_;
  RunningBouncer started_;
  std::string config_;
  std::optional<Server> process_;
  std::optional<Console> console_;
};

std::string told(const Database& database) {
  return fmt::format("{} {} {} {}", database.host, database.port, database.database, database.pool_size);
}

std::string told(const std::string& name, const std::map<std::string, std::string>& entry,
                 const std::string& pool_size) {
  const auto value = [&](const char* key, const std::string& otherwise) {
    const auto found = entry.find(key);
    return found == entry.end() ? otherwise : found->second;
  };
  return fmt::format("{} {} {} {}", value("host", ""), value("port", "5432"), value("dbname", name),
                     value("pool_size", pool_size));
}

// Keys whose last value stays when there is another header.
void compare_settings(const ConfigFile& file, const std::map<std::string, ConsoleSetting>& running,
                      std::string& last_user) {
  for (const auto& [key, values] : some_settings) {
    INFO(key);
    auto expected = file.setting(key);
    const auto& seen = running.at(key);
    if (std::string(key) == "auth_user") last_user = expected = expected.empty() ? last_user : expected;
    REQUIRE(seen.value == (expected.empty() ? seen.fallback : expected));
  }
}

int compare_databases(const ConfigFile& file, const std::string& pool_size, const std::vector<Database>& running,
                      const std::string& marker) {
  std::map<std::string, std::string> seen;
  for (const auto& database : running) {
    if (database.name != "pgbouncer" && database.name != marker) seen[database.name] = told(database);
  }
  int compared = 0;
  for (const auto& name : names) {
    INFO(name);
    REQUIRE(file.has_database(name) == seen.contains(name));
    const auto entry = file.database(name);
    if (!entry) continue;  // given twice in one file, or a key twice in its line
    REQUIRE(told(name, *entry, pool_size) == seen.at(name));
    ++compared;
  }
  return compared;
}

}  // namespace

TEST_CASE(
    "whatever files make up a configuration, what is read of them is what PgBouncer has in force after a RELOAD") {
  std::mt19937 random(20261128);
  Reading real;
  std::string last_user;
  int refused = 0, compared = 0, included = 0, moved = 0;
  for (int round = 0; round < 160; ++round) {
    const auto texts = Generated(random, real.folder(), round % 4 == 3).files();
    const auto marker = fmt::format("round_{}", round);
    std::string all;
    for (const auto& [name, text] : texts) all += "== " + name + "\n" + text + "\n";
    INFO(all);
    real.prepare();
    const bool loaded = real.reload(texts, marker);
    auto files = real.files(round % 10 == 0 ? std::vector<std::string>{"env"} : std::vector<std::string>{});
    const auto file = files.read(soon());
    INFO((file ? "" : file.error().text()));
    REQUIRE(file.has_value() == loaded);
    const auto running = real.console().settings(soon()).value();
    if (!file) {
      last_user = running.at("auth_user").value;
      ++refused;
      continue;
    }
    compare_settings(*file, running, last_user);
    compared += compare_databases(*file, running.at("default_pool_size").value,
                                  real.console().databases(soon()).value(), marker);

    const auto route = file->route("app");
    if (!route || *route == Route{"10.9.9.9", 7777}) continue;
    const auto next = file->with_routes({"app"}, {"10.9.9.9", 7777});
    REQUIRE(next.has_value());
    REQUIRE(next->size() == 1);
    if (next->front().path != files.path()) ++included;
    REQUIRE(problem(files.stage(*file, *next, soon())) == "");
    REQUIRE(problem(files.is_staged(*next, soon())) == "");
    REQUIRE(problem(files.put_in_place(*next, soon())) == "");
    REQUIRE(real.reload(marker));
    const auto there = real.console().database("app", soon()).value();
    REQUIRE(Route{there.host, there.port} == Route{"10.9.9.9", 7777});
    const bool writable = route->host.find('\t') == std::string::npos;
    if (writable && file->database("app")->contains("host") && file->database("app")->contains("port")) {
      const auto changed = files.read(soon());
      REQUIRE(changed.has_value());
      REQUIRE(changed->with_route("app", *route)->text == file->text_of(next->front().path));
    }
    ++moved;
  }
  // What is compared is there to be compared.
  CHECK(refused > 15);
  CHECK(compared > 100);
  CHECK(moved > 30);
  CHECK(included > 5);
}

TEST_CASE("a configuration in layers is edited where the line stands that is in force, and the very file comes back") {
  Reading real;
  const auto config = real.folder() + "/one.ini";
  const auto main_text = slurp(config);
  fs::create_directory(real.folder() + "/conf.d");
  spew(real.folder() + "/conf.d/databases.txt",
       "# written by a template\r\napp = host=127.0.0.1 port=2 dbname=postgres\r\n");
  fs::permissions(real.folder() + "/conf.d/databases.txt",
                  fs::perms::owner_read | fs::perms::owner_write | fs::perms::others_read);
  spew(real.folder() + "/level.txt", "%include conf.d/databases.txt\n");
  const auto at = main_text.find("\n\n[pgbouncer]");
  spew(config, main_text.substr(0, at) + "\n%include level.txt" + main_text.substr(at));
  REQUIRE(real.console().reload(soon()).has_value());
  REQUIRE(real.console().database("app", soon())->port == 2);
  const auto reach = GENERATE(std::vector<std::string>{}, std::vector<std::string>{"env"});
  auto files = real.files(reach);
  const auto file = files.read(soon());
  REQUIRE((file ? "" : file.error().text()) == "");
  CHECK(file->place_of("app").value() == "conf.d/databases.txt:2");
  CHECK(file->route("app").value() == Route{"127.0.0.1", 2});
  CHECK(files.why_not_writable(*file, "app", soon()).value() == "");
  const auto next = file->with_routes({"app"}, {"127.0.0.1", 3}).value();
  REQUIRE(files.stage(*file, next, soon()).has_value());
  CHECK(fs::exists(real.folder() + "/conf.d/databases.txt.pgcleave"));
  CHECK_FALSE(fs::exists(config + ".pgcleave"));
  REQUIRE(files.put_in_place(next, soon()).has_value());
  CHECK(slurp(real.folder() + "/conf.d/databases.txt") ==
        "# written by a template\r\napp = host=127.0.0.1 port=3 dbname=postgres\r\n");
  CHECK((fs::status(real.folder() + "/conf.d/databases.txt").permissions() & fs::perms::all) ==
        (fs::perms::owner_read | fs::perms::owner_write | fs::perms::others_read));
  REQUIRE(real.console().reload(soon()).has_value());
  CHECK(real.console().database("app", soon())->port == 3);
}

TEST_CASE("of processes that were started with the same relative name, the one that read our file tells the folder") {
  Reading other, ours;
  ConfigPlace place(GENERATE(std::vector<std::string>{}, std::vector<std::string>{"env"}));
  REQUIRE(place.open(soon()).has_value());
  CHECK(place.working_folder("one.ini", "", ours.folder() + "/one.ini", soon()).value() == ours.folder());
  CHECK(place.working_folder("one.ini", "", other.folder() + "/one.ini", soon()).value() == other.folder());
}

TEST_CASE("a relative %include without a process that tells its folder is refused with the way on") {
  ConfigPlace place(GENERATE(std::vector<std::string>{}, std::vector<std::string>{"env"}));
  const auto folder = place.working_folder("/nowhere/that.ini", "/nowhere/pid", "/nowhere/that.ini", soon());
  REQUIRE_FALSE(folder.has_value());
  CHECK(folder.error().kind == ErrorKind::not_ready);
  CHECK(folder.error().hint.find("absolute paths") != std::string::npos);
}

TEST_CASE("a config file is found where it really lies, and one that is not there is told, here and behind a shell") {
  const Folder folder;
  const auto real = folder.path() + "/real.ini";
  const auto link = folder.path() + "/link.ini";
  spew(real, "[databases]\n");
  fs::create_symlink(real, link);
  ConfigPlace place(GENERATE(std::vector<std::string>{}, std::vector<std::string>{"env"}));
  REQUIRE(place.open(soon()).has_value());
  const auto found = place.resolve(link, soon());
  REQUIRE(found.has_value());
  CHECK(*found == fs::canonical(real).string());
  const auto missing = place.resolve(folder.path() + "/none.ini", soon());
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().what == "the config file can't be found");
}
