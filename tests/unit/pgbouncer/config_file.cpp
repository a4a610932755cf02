#include "pgbouncer/config_file.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

using namespace pgcleave;
using namespace pgcleave::pgbouncer;

namespace {

const std::string ordinary =
    "; the shop's pools\r\n"
    "[databases]\r\n"
    "# moved soon: app = host=wrong port=1\r\n"
    "app   =  host=10.0.0.1  port=5432 dbname='it''s mine' password='a b=c' \r\n"
    "other = dbname=other\r\n"
    "* = host=10.0.0.9\r\n"
    "\r\n"
    "[pgbouncer]\r\n"
    "server_login_retry = 7\r\n"
    "min_pool_size=2";  // and no line end

ConfigFile parsed(const std::string& text) {
  auto file = ConfigFile::parse("pgbouncer.ini", text);
  REQUIRE((file ? "" : file.error().text()) == "");
  return *file;
}

std::string refused(const std::string& text) {
  const auto file = ConfigFile::parse("pgbouncer.ini", text);
  REQUIRE_FALSE(file.has_value());
  REQUIRE(file.error().kind == ErrorKind::invalid);
  return file.error().text();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("an entry is read with its quotes taken off") {
  const auto file = parsed(ordinary);
  const auto app = file.database("app");
  REQUIRE(app.has_value());
  CHECK(app->at("host") == "10.0.0.1");
  CHECK(app->at("dbname") == "it's mine");
  CHECK(app->at("password") == "a b=c");
  CHECK(app->size() == 4);
  CHECK(*file.route("app") == Route{"10.0.0.1", 5432});
  CHECK(*file.route("other") == Route{"", 5432});
  CHECK(file.has_database("app"));
  CHECK_FALSE(file.has_database("nobody"));
  CHECK(file.setting("server_login_retry") == "7");
  CHECK(file.setting("min_pool_size") == "2");
  CHECK(file.setting("app").empty());
  CHECK(file.text() == ordinary);
}

TEST_CASE("a new route changes host and port and not one other byte") {
  const auto file = parsed(ordinary);
  auto expected = replaced(ordinary, "host=10.0.0.1  port=5432", "host=10.0.0.2  port=6432");
  CHECK(file.with_route("app", {"10.0.0.2", 6432}).value().text == expected);
  CHECK(parsed(expected).with_route("app", {"10.0.0.1", 5432}).value().text == ordinary);
  CHECK(file.with_route("app", {"10.0.0.1", 5432}).value().text == ordinary);
}

TEST_CASE("missing keys are added in front and an empty host is taken out") {
  const auto file = parsed(ordinary);
  CHECK(file.with_route("other", {"10.0.0.2", 6432}).value().text ==
        replaced(ordinary, "dbname=other", "host=10.0.0.2 port=6432 dbname=other"));
  CHECK(file.with_route("other", {"10.0.0.2", 5432}).value().text ==
        replaced(ordinary, "dbname=other", "host=10.0.0.2 dbname=other"));
  CHECK(file.with_route("other", {"", 5432}).value().text == ordinary);
  CHECK(file.with_route("app", {"", 5432}).value().text == replaced(ordinary, "host=10.0.0.1  ", ""));
  CHECK(parsed("[databases]\napp =\n").with_route("app", {"h", 1}).value().text == "[databases]\napp =host=h port=1\n");
  CHECK(parsed("[databases]\napp=\n").with_route("app", {"/run/my pg", 5432}).value().text ==
        "[databases]\napp=host='/run/my pg'\n");
}

TEST_CASE("whatever the file looks like, the new route is read back and the old one restores the bytes") {
  std::mt19937 random(20261121);
  const auto one_of = [&](std::vector<std::string> choices) { return choices[random() % choices.size()]; };
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> parts = {
        "host" + one_of({"=", " = ", "= "}) + one_of({"10.0.0.1", "'10.0.0.1'", "main.internal", "/run/pg", "a,b"}),
        "port=" + one_of({"5432", "'6000'", "1", "65535"})};
    if (random() % 2) parts.push_back("password='it''s host=1 port=2'");
    if (random() % 2) parts.push_back("connect_query='select ''port=1'''");
    if (random() % 2) parts.push_back("dbname=app");
    std::shuffle(parts.begin(), parts.end(), random);
    const auto eol = one_of({"\n", "\r\n"});
    std::string text = one_of({"", "; c" + eol, eol + eol, "[pgbouncer]" + eol + "a=1" + eol});
    text += "[databases]" + one_of({eol, " ", eol + "# app = host=q" + eol}) + one_of({"", "  ", "\t"}) + "app" +
            one_of({"=", " = ", "\t=\t"});
    for (const auto& part : parts) text += part + one_of({" ", "  "});
    text += eol + one_of({"", "apple = host=10.0.0.1 port=5432", "* = port=5432" + eol,
                          "[users]" + eol + "app = pool_mode=session"});

    INFO(text);
    const auto file = parsed(text);
    const auto before = file.route("app").value();
    const Route next{one_of({"10.0.0.2", "2001:db8::1", "/run/other"}), static_cast<int>(1 + random() % 65535)};
    const auto changed = parsed(file.with_route("app", next).value().text);
    REQUIRE(changed.route("app").value() == next);
    auto others = file.database("app").value();
    others["host"] = next.host;
    others["port"] = std::to_string(next.port);
    REQUIRE(changed.database("app").value() == others);
    REQUIRE(changed.with_route("app", before).value().text == text);
  }
}

TEST_CASE(
    "a database given twice in one file is refused with both lines when it is asked for, and others are not blamed") {
  const auto file = parsed("[databases]\na = host=x\n[pgbouncer]\n\n[databases]\na = host=y\nb = host=z\n");
  const auto text = file.route("a").error().text();
  CHECK(text.find("pgbouncer.ini:6") != std::string::npos);
  CHECK(text.find("lines 2 and 6") != std::string::npos);
  CHECK_FALSE(file.with_route("a", {"q", 1}).has_value());
  CHECK(file.route("b").value() == Route{"z", 5432});
  CHECK(parsed("[databases]\na=host=x\n[users]\na=pool_mode=session\n").has_database("a"));
}

namespace {

ConfigFile layered(const std::string& text, const std::map<std::string, std::string>& others) {
  const auto file = ConfigFile::parse("pgbouncer.ini", text, [&](const std::string& name) -> Result<std::string> {
    const auto found = others.find(name);
    if (found == others.end()) return fail({ErrorKind::invalid, name, "no such file", "", "", "", ""});
    return found->second;
  });
  REQUIRE((file ? "" : file.error().text()) == "");
  return *file;
}

}  // namespace

TEST_CASE("an included line that comes later is the one in force, and the one that is edited") {
  const auto file = layered("[databases]\napp = host=a port=1\n%include local.txt\nother = host=o\n",
                            {{"local.txt", "app = host=b port=2 pool_size=7\n"}});
  CHECK(file.route("app").value() == Route{"b", 2});
  CHECK(file.place_of("app").value() == "local.txt:1");
  CHECK(file.has_own_pool_size("app").value());
  CHECK(file.with_route("app", {"c", 3}).value() == FileText{"local.txt", "app = host=c port=3 pool_size=7\n"});
  CHECK(file.files() == std::vector<std::string>{"pgbouncer.ini", "local.txt"});
}

TEST_CASE("an included line that comes earlier is not the one in force") {
  const auto file =
      layered("[databases]\n%include local.txt\napp = host=a port=1\n", {{"local.txt", "app = host=b\n"}});
  CHECK(file.place_of("app").value() == "pgbouncer.ini:3");
  CHECK(file.with_route("app", {"c", 3}).value().path == "pgbouncer.ini");
}

TEST_CASE("a section goes into an included file and comes out of it") {
  const auto file = layered("[users]\n%include extra.txt\napp = host=a\n",
                            {{"extra.txt", "x = pool_mode=session\n[databases]\nother = host=o\n"}});
  CHECK(file.route("app").value() == Route{"a", 5432});
  CHECK(file.route("other").value() == Route{"o", 5432});
  CHECK_FALSE(file.has_database("x"));
}

TEST_CASE("another header puts settings back to their defaults, but those that have none") {
  const auto file =
      layered("[pgbouncer]\nauth_file = f\n%include people.ini\n[databases]\n[pgbouncer]\npool_mode = transaction\n",
              {{"people.ini", "query_wait_timeout = 2\n"}});
  CHECK(file.settings() == std::map<std::string, std::string>{{"auth_file", "f"}, {"pool_mode", "transaction"}});
  CHECK(file.setting("query_wait_timeout").empty());
}

TEST_CASE("two databases are edited as one, each in its own file") {
  const auto file = layered("[databases]\nci = host=a port=1\n%include ro.txt\nci_b = host=a port=1\n",
                            {{"ro.txt", "ci_ro = host=a port=1\n"}});
  const auto texts = file.with_routes({"ci", "ci_ro", "ci_b"}, {"c", 3}).value();
  CHECK(texts == std::vector<FileText>{
                     {"pgbouncer.ini", "[databases]\nci = host=c port=3\n%include ro.txt\nci_b = host=c port=3\n"},
                     {"ro.txt", "ci_ro = host=c port=3\n"}});
  CHECK(file.with_routes({"ci", "ci_ro"}, {"a", 1}).value().empty());
}

TEST_CASE("what can't be included is told with its line, and a file that includes itself") {
  const auto missing = ConfigFile::parse("a.ini", "[databases]\n%include b.ini\n").error();
  CHECK(missing.object == "a.ini:2");
  CHECK(missing.what.find("%include b.ini") != std::string::npos);
  const auto circle = ConfigFile::parse("a.ini", "[databases]\n%include b.ini\n",
                                        [](const auto&) { return std::string("%include b.ini\n"); });
  REQUIRE_FALSE(circle.has_value());
  CHECK(circle.error().what.find("nested too deep") != std::string::npos);
  const auto wide = ConfigFile::parse("a.ini", "[databases]\n%include b.ini\n", [](const std::string& name) {
    std::string text;
    for (int i = 0; i < 100; ++i) text += "%include " + name + "x\n";
    return text;
  });
  CHECK_FALSE(wide.has_value());
}

TEST_CASE("a key given twice in an entry is refused when that entry is asked for") {
  const auto file = parsed("[databases]\na = host=x host=y\nb = host=z\n");
  CHECK(file.route("a").error().text().find("host twice") != std::string::npos);
  CHECK_FALSE(file.with_route("a", {"q", 1}).has_value());
  CHECK(file.route("b").has_value());
}

TEST_CASE("a database that is not in the file is explained") {
  const auto with_fallback = parsed("[databases]\n* = host=x\n").route("app").error();
  CHECK(with_fallback.kind == ErrorKind::invalid);
  CHECK(with_fallback.text().find("fallback entry *") != std::string::npos);
  CHECK(
      layered("[databases]\n%include d.ini\n", {{"d.ini", ""}}).route("app").error().text().find("1 included files") !=
      std::string::npos);
}

TEST_CASE("what PgBouncer would not read is refused with its line, and without passwords") {
  CHECK(refused("[databases]\n\"app\" = host=x password=secret\n").find("pgbouncer.ini:2") == 0);
  CHECK(refused("[databases]\n\"app\" = host=x password=secret\n").find("secret") == std::string::npos);
  CHECK(refused("[DATABASES]\napp = host=x\n").find("no such section") != std::string::npos);
  CHECK(refused("[databases\napp = host=x\n").find("pgbouncer.ini:1") == 0);
  CHECK(refused("app = host=x\n").find("section") != std::string::npos);
  CHECK(refused("[databases]\napp = host='x password=secret\n").find("not closed") != std::string::npos);
  CHECK(refused("[databases]\napp = host='x password=secret\n").find("secret") == std::string::npos);
  CHECK(refused("[databases]\napp = host= \n").find("empty value") != std::string::npos);
  CHECK(refused("[databases]\napp = host\n").find("without =") != std::string::npos);
  CHECK(refused(std::string("[databases]\napp = host=x\0", 25)).find("NUL") != std::string::npos);
}

TEST_CASE("ports that are none are refused") {
  CHECK(parsed("[databases]\na = port=70000\n").route("a").error().text().find("70000") != std::string::npos);
  CHECK(parsed("[databases]\na = port=5432x\n").route("a").error().kind == ErrorKind::invalid);
  CHECK_FALSE(parsed("[databases]\na = port=1\n").with_route("a", {"h", 0}).has_value());
  CHECK_FALSE(parsed("[databases]\na = port=1\n").with_route("a", {"h\nb = host=evil", 1}).has_value());
}

TEST_CASE("a key in single quotes is read as newer versions do") {
  CHECK(parsed("[databases]\n'my-app/1' = host=x\n").route("my-app/1").value() == Route{"x", 5432});
}
