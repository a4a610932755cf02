#include <algorithm>

#include "conversation/exchange.h"
#include "pgbouncer/console.h"
#include "pgbouncer/holding.h"

namespace pgcleave::conversation {
namespace {

using pgbouncer::Console;
using pgbouncer::Fleet;

std::string pool(const pgbouncer::Database& database) {
  return database.paused ? "paused" : "not paused";
}

// The whole process, whose pause holds clients from 1.23 on.
void of_the_process(Console& console, const pgbouncer::BouncerSpec& spec, Transcript& told) {
  const auto raw = [&](const std::string& command) -> Result<postgres::Rows> {
    TRY(console.send(command));
    return console.receive(soon());
  };
  const auto seen = [&](const std::string& when) {
    told.asked("console: the process " + when, console.process_paused(soon()),
               [](bool paused) { return paused ? "paused" : "not paused"; });
    told.asked("console: the pool " + when, console.database(spec.database, soon()), pool);
  };
  const auto quoted = '"' + spec.database + '"';
  seen("before PAUSE of the process");
  told.ordered("console: RESUME of a process that is not paused", raw("RESUME"));
  told.ordered("console: the same, judged by the state", console.resume_process(soon()));
  told.ordered("console: PAUSE of the pool first", raw("PAUSE " + quoted));
  told.ordered("console: PAUSE of the process", raw("PAUSE"));
  seen("after PAUSE of the process");
  told.ordered("console: PAUSE of the process again", raw("PAUSE"));
  told.ordered("console: RESUME of the pool under it", raw("RESUME " + quoted));
  seen("after RESUME of the pool");
  told.ordered("console: PAUSE of the pool under it", raw("PAUSE " + quoted));
  told.ordered("console: RELOAD under it", console.reload(soon()));
  seen("after RELOAD under it");
  told.ordered("console: RESUME of the process", raw("RESUME"));
  seen("after RESUME of the process");
}

void at_one_console(const pgbouncer::BouncerSpec& spec, Transcript& told) {
  auto settings = spec.console;
  settings.name = spec.name;
  settings.values["application_name"] = "a conversation";
  auto opened = Console::open(settings, soon());
  told.ordered("console: log in", opened);
  if (!opened) return;
  auto& console = *opened;
  const auto raw = [&](const std::string& command) -> Result<postgres::Rows> {
    TRY(console.send(command));
    return console.receive(soon());
  };
  const auto look = [&](const std::string& when) {
    told.asked("console: the pool " + when, console.database(spec.database, soon()), pool);
  };
  const auto retry = [&](const std::string& when) {
    told.asked("console: server_login_retry " + when, console.setting("server_login_retry", soon()),
               [](const std::string& value) {
                 return value.find_first_not_of("0.") == std::string::npos ? "zero" : "not zero";
               });
  };
  told.asked("console: SHOW CLIENTS names this one", console.client_applications(soon()),
             [](const std::vector<std::string>& names) {
               return yes(std::find(names.begin(), names.end(), "a conversation") != names.end());
             });
  look("at first");
  told.ordered("console: RESUME of what is not paused", raw("RESUME \"" + spec.database + "\""));
  told.ordered("console: the same, judged by the state", console.resume(spec.database, soon()));
  told.ordered("console: an unknown command", raw("FLY"));
  told.ordered("console: SET of an unknown key", raw("SET wings = '2'"));
  told.ordered("console: SET server_login_retry", console.set("server_login_retry", "0", soon()));
  retry("after SET");
  told.ordered("console: PAUSE", raw("PAUSE \"" + spec.database + "\""));
  look("after PAUSE");
  told.ordered("console: PAUSE again", raw("PAUSE \"" + spec.database + "\""));
  told.ordered("console: RELOAD", console.reload(soon()));
  retry("after RELOAD");
  look("after RELOAD");
  told.ordered("console: RESUME", raw("RESUME \"" + spec.database + "\""));
  look("after RESUME");
  const auto version = console.version(soon());
  if (version && pgbouncer::hold_of(*version, false) == pgbouncer::Hold::process) of_the_process(console, spec, told);
}

void of_routes(world::World& world, const std::string& when, Transcript& told) {
  const auto name = [&](const std::optional<pgbouncer::Route>& route) {
    return route == world.route_to(config::SideName::source, soon()).value()   ? "source"
           : route == world.route_to(config::SideName::target, soon()).value() ? "target"
                                                                               : "elsewhere";
  };
  for (const auto& bouncer : world.fleet.routes(soon()))
    told.add(fmt::format("fleet: {} {}", bouncer.name, when),
             fmt::format("file {}, process {}, {}", name(bouncer.file), name(bouncer.running),
                         bouncer.paused ? "paused" : "not paused"));
}

void of_settings(world::World& world, const std::string& when, Transcript& told) {
  told.asked("fleet: without their own settings " + when, world.fleet.without_own_settings(soon()),
             [](const std::vector<std::string>& names) { return std::to_string(names.size()); });
}

}  // namespace

void talk_with_bouncers(world::World& world, Transcript& told) {
  at_one_console(world.fleet.bouncers().front(), told);
  auto& fleet = world.fleet;
  told.ordered("fleet: connect", fleet.connect(soon()));
  of_routes(world, "at first", told);
  told.ordered("fleet: repoint what is there already",
               fleet.repoint(world.route_to(config::SideName::source, soon()).value(), soon()));
  told.ordered("fleet: give settings back", fleet.restore_settings(soon()));
  told.ordered("fleet: repoint without anything staged",
               fleet.repoint(world.route_to(config::SideName::target, soon()).value(), soon()));
  told.ordered("fleet: hold back logins", fleet.hold_back_logins(soon()));
  of_settings(world, "when logins are held back", told);
  told.ordered("fleet: PAUSE", fleet.pause(soon(), nullptr));
  told.ordered("fleet: stage the target",
               fleet.stage_route(world.route_to(config::SideName::target, soon()).value(), soon()));
  of_routes(world, "staged", told);
  told.ordered("fleet: repoint", fleet.repoint(world.route_to(config::SideName::target, soon()).value(), soon()));
  of_routes(world, "repointed", told);
  told.ordered("fleet: RESUME", fleet.resume(soon()));
  of_routes(world, "resumed", told);
  told.ordered("fleet: RESUME again", fleet.resume(soon()));
  told.ordered("fleet: PAUSE once more", fleet.pause(soon(), nullptr));
  told.ordered("fleet: RESUME at the file", fleet.resume_at_file(soon()));
  of_routes(world, "resumed at the file", told);
  of_settings(world, "after the RELOAD", told);
  told.ordered("fleet: RESUME at the file again", fleet.resume_at_file(soon()));
  told.ordered("fleet: hold back logins again", fleet.hold_back_logins(soon()));
  told.ordered("fleet: PAUSE to go back", fleet.pause(soon(), nullptr));
  told.ordered("fleet: stage the source",
               fleet.stage_route(world.route_to(config::SideName::source, soon()).value(), soon()));
  told.ordered("fleet: repoint back", fleet.repoint(world.route_to(config::SideName::source, soon()).value(), soon()));
  told.ordered("fleet: RESUME at the source", fleet.resume_at_file(soon()));
  told.ordered("fleet: give settings back", fleet.restore_settings(soon()));
  of_settings(world, "in the end", told);
  told.ordered("fleet: discard what is staged", fleet.discard_staged(soon()));
  of_routes(world, "in the end", told);
}

}  // namespace pgcleave::conversation
