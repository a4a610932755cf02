// The fake products of the simulation are true to the real ones: the conversation that they answer
// (tests/simulation/conversation) is held with a lab, and must come out the same, word for word.
#include "conversation/conversation.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "a_lab.h"
#include "base/file.h"
#include "base/format.h"
#include "pgbouncer/console.h"
#include "pgbouncer/holding.h"

namespace pgcleave {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string text_of(const fs::path& file) {
  auto text = read_file(file);
  if (!text) FAIL(text.error().text());
  return *text;
}

// Of the fakes: from 1.23 on clients are held by another means.
std::string version_of(const world::World& world) {
  const auto& first = world.fleet.bouncers().front();
  auto console = pgbouncer::Console::open(first.console, Deadline::in(std::chrono::seconds(10)));
  if (!console) FAIL(console.error().text());
  const auto version = console->version(Deadline::in(std::chrono::seconds(10)));
  if (!version) FAIL(version.error().text());
  return pgbouncer::hold_of(*version, false) == pgbouncer::Hold::process ? "1.24" : "1.18";
}

}  // namespace

TEST_CASE("real products answer the simulation's conversation as the fake ones do") {
  const ALab lab("conversation");
  const auto environment = config::read_environment(lab.environment(), text_of(lab.environment()));
  REQUIRE(environment.value);
  const auto split = config::read_split(environment.value->split, text_of(environment.value->split));
  REQUIRE(split.value);
  auto world = world::open_world(*environment.value, *split.value, Deadline::in(std::chrono::seconds(10)));
  if (!world) FAIL(world.error().text());
  const auto expected = lines_of(text_of(fs::path(PGCLEAVE_SOURCE_DIR) / "tests/simulation/conversation" /
                                         fmt::format("expected-{}.txt", version_of(*world))));
  const auto heard = lines_of(conversation::converse(*world));
  CHECK(expected.size() > 100);
  CHECK(heard.size() == expected.size());
  for (std::size_t i = 0; i < std::min(heard.size(), expected.size()); ++i) CHECK(heard[i] == expected[i]);
}

}  // namespace pgcleave
