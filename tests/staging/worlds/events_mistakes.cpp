// Events in which pgcleave is used by mistake, or only asked.
#include <fmt/format.h>

#include "../lab/files.h"
#include "events.h"

namespace pgcleave_worlds {
namespace {

bool second_run(World& world, Chance&) {
  if (world.phase != Phase::split) return false;
  const Ended ended = world.tool(
      with_environment({"run", (world.settings.runbooks / "promote-standby.yml").string(), "--approve", "go"}, world),
      "second run");
  if (done(ended))
    world.ledger.broken("a second run was not refused", "promote-standby, while the target serves already");
  return true;
}

// The database of a staging clone, in the same clusters.
std::string environment_of_another_database(World& world) {
  std::string text = pgcleave_lab::read_file(world.environment());
  for (std::size_t at = 0; (at = text.find("dbname: app", at)) != std::string::npos;)
    text.replace(at, 11, "dbname: other");
  const auto file = world.folder / "lab" / "other-environment.yml";
  pgcleave_lab::write_file(file, text, 0644, pgcleave_lab::me());
  return file.string();
}

bool by_mistake(World& world, const std::string& what) {
  if (world.phase != Phase::split || !world.has_other_database) return false;
  const auto file = environment_of_another_database(world);
  auto words = what == "rollback"
                   ? std::vector<std::string>{"rollback", "-e", file}
                   : std::vector<std::string>{
                         "run", (world.settings.runbooks / "cleanup.yml").string(), "-e", file, "--approve", "go"};
  const Ended ended = world.tool(words, what + " with another environment file");
  if (done(ended))
    world.ledger.broken("another database was taken for the split one",
                        what + " with an environment file that names database other: exit code 0");
  return true;
}

bool another_split(World& world, Chance&) {
  if (world.phase != Phase::split) return false;
  const auto file = world.folder / "lab" / "another.yml";
  pgcleave_lab::write_file(file,
                           "split: 1\nname: another\nmoved:\n  tables: [public.stays]\nkept:\n  schemas: [m, public, "
                           "stays, parts, 'Go Now']\nshared: {}\n",
                           0644, pgcleave_lab::me());
  const Ended ended = world.tool(with_environment({"run", (world.settings.runbooks / "promote-standby.yml").string(),
                                                   "--approve", "go", "--split", file.string()},
                                                  world),
                                 "another split");
  if (done(ended)) world.ledger.broken("another split was not refused", "its target is no standby");
  return true;
}

bool asked(World& world, const char* verb) {
  const Ended ended = world.tool(with_environment({verb}, world), verb);
  if (ended.timed_out) does_not_end(world, verb);
  return true;
}

}  // namespace

const std::vector<EventKind>& mistaken_events() {
  static const std::vector<EventKind> all{
      {"second run", second_run},
      {"another split", another_split},
      {"rollback with another environment file", [](World& w, Chance&) { return by_mistake(w, "rollback"); }},
      {"cleanup with another environment file", [](World& w, Chance&) { return by_mistake(w, "cleanup"); }},
      {"status", [](World& w, Chance&) { return asked(w, "status"); }},
      {"check", [](World& w, Chance&) { return asked(w, "check"); }}};
  return all;
}

}  // namespace pgcleave_worlds
