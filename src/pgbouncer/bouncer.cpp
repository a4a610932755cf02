#include "pgbouncer/bouncer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/format.h"
#include "base/lines.h"

namespace pgcleave::pgbouncer {
namespace {

constexpr Duration longest_wait_for_logins =
    std::chrono::milliseconds(250);  // one takes 5 ms, and 100 on a busy machine

std::string value_in(const std::map<std::string, ConsoleSetting>& settings, const std::string& key) {
  const auto found = settings.find(key);
  return found == settings.end() ? "" : found->second.value;
}

bool is_zero(const std::string& number) {
  return number.find_first_not_of("0.") == std::string::npos;
}

// What a pause or a RESUME SETs, and PgBouncer's default of it (1.18).
struct Held {
  const char* key;
  const char* value;
  const char* fallback;
};
constexpr std::array<Held, 5> held_settings{{{"server_login_retry", "0", "15"},
                                             {"min_pool_size", "0", "0"},
                                             {"max_db_connections", "1", "0"},
                                             {"default_pool_size", "0", "20"},
                                             {"reserve_pool_timeout", "0", "5"}}};

bool is(const std::string& value, const Held& held) {
  return value == held.value || (is_zero(held.value) && is_zero(value));
}

}  // namespace

Bouncer::Bouncer(BouncerSpec spec, const std::string& fleet)
    : spec_(std::move(spec)),
      pools_{{spec_.name, spec_.database}},
      databases_{spec_.database},
      fleet_(fleet),
      files_(spec_.config, spec_.shell, [this](ConfigPlace& place) { return working_folder(place); }) {}

Error Bouncer::error(ErrorKind kind, std::string what) const {
  return {kind, "bouncer " + spec_.name, std::move(what), "", "", "", ""};
}

// ---- consoles

postgres::Settings Bouncer::settings(const std::string& use) const {
  auto out = spec_.console;
  out.name = "bouncer " + spec_.name;
  out.cancel_on_deadline = false;
  out.values["application_name"] = fmt::format("pgcleave {} {} {}", fleet_, use, spec_.name);
  return out;
}

Result<void> Bouncer::connect(Deadline deadline) {
  TRY(open_consoles(deadline));
  TRY(files_.open(deadline));
  static_cast<void>(serves_others(deadline));  // so that the window need not ask
  return {};
}

Result<void> Bouncer::open_consoles(Deadline deadline) {
  if (command_ && command_->alive() && !command_->busy() && watch_ && watch_->alive()) return {};
  command_.reset();
  watch_.reset();
  auto opened = Console::open_all({settings("command"), settings("watch")}, deadline);
  for (auto& console : opened) {
    if (!console) return fail(console.error());
  }
  command_ = std::move(*opened[0]);
  watch_ = std::move(*opened[1]);
  auto checked = check_process(deadline);
  if (checked) checked = check_expected(deadline);
  if (checked && remembered_.empty()) checked = remember(deadline);
  if (!checked) {
    command_.reset();
    watch_.reset();
  }
  return checked;
}

Result<void> Bouncer::remember(Deadline deadline) {
  TRY_ASSIGN(version_, watch_->version(deadline));
  TRY_ASSIGN(remembered_, watch_->settings(deadline));
  return {};
}

// Its own console is none. The fallback entry serves whatever a client asks for.
Result<std::vector<std::string>> Bouncer::other_databases(const std::vector<Database>& served, Deadline deadline) {
  std::vector<std::string> others;
  for (const auto& database : served) {
    const bool ours = std::find(databases_.begin(), databases_.end(), database.name) != databases_.end();
    if (!ours && database.name != "pgbouncer") others.push_back(database.name);
  }
  TRY_ASSIGN(const auto file, config(deadline));
  if (file.has_database("*")) others.emplace_back("*");
  return others;
}

// Asked once. Where it can't be told, they are taken to be there.
bool Bouncer::serves_others(Deadline deadline) {
  if (serves_others_) return *serves_others_;
  const auto served = watch_->databases(deadline);
  if (!served) return true;
  const auto others = other_databases(*served, deadline);
  if (others) serves_others_ = !others->empty();
  return serves_others_.value_or(true);
}

Result<void> Bouncer::check_process(Deadline deadline) {
  distinct_ = true;
  TRY_ASSIGN(const auto applications, watch_->client_applications(deadline));
  const auto command = settings("command").values["application_name"];
  if (std::find(applications.begin(), applications.end(), command) == applications.end()) {
    distinct_ = false;
    auto out = error(ErrorKind::not_ready, "its two consoles reached two processes");
    out.expected = "one process behind this address";
    out.seen = "so_reuseport: each connection goes to any of them";
    out.hint =
        "give each process an address of its own (unix_socket_dir or a peer's port) and name it in the environment "
        "file";
    return fail(out);
  }
  for (const auto& application : applications) {
    const auto prefix = fmt::format("pgcleave {} watch ", fleet_);
    if (!application.starts_with(prefix) || pools_.contains(application.substr(prefix.size()))) continue;
    distinct_ = false;
    auto out = error(ErrorKind::invalid, "is the same process as bouncer " + application.substr(prefix.size()));
    out.expected =
        "one process per bouncer in the environment file, or the same console and config in pools of different "
        "databases";
    out.hint = "remove one of them, or give each process an address of its own (so_reuseport)";
    return fail(out);
  }
  return {};
}

// ---- looking

BouncerState Bouncer::read_state(Deadline deadline) {
  BouncerState out;
  out.name = spec_.name;
  const auto seen = [&]() -> Result<void> {
    TRY(open_consoles(deadline));
    TRY_ASSIGN(out.version, watch_->version(deadline));
    TRY_ASSIGN(const auto config, watch_->settings(deadline));
    out.reachable = true;
    out.pool_mode = value_in(config, "pool_mode");
    out.server_login_retry = value_in(config, "server_login_retry");
    out.query_wait_timeout = value_in(config, "query_wait_timeout");
    out.query_timeout = value_in(config, "query_timeout");
    out.min_pool_size = value_in(config, "min_pool_size");
    out.config_file = value_in(config, "conffile");
    TRY_ASSIGN(out.database, watch_->database(spec_.database, deadline));
    out.database.paused = out.database.paused || is_process_paused(deadline);
    if (out.database.pool_mode.empty()) out.database.pool_mode = out.pool_mode;
    out.pool_mode = out.database.pool_mode;
    return {};
  }();
  if (!seen) out.error = seen.error().text();
  return out;
}

Fleet::Routes Bouncer::routes(Deadline deadline) {
  Fleet::Routes out;
  out.name = spec_.name;
  const auto note = [&](const Error& problem) {
    out.error += (out.error.empty() ? "" : "; ") + one_line(problem.text());
  };
  const auto file = [&]() -> Result<Route> {
    TRY_ASSIGN(const auto read, config(deadline));
    return read.route(spec_.database);
  }();
  const auto running = [&]() -> Result<Database> {
    TRY(open_consoles(deadline));
    return watch_->database(spec_.database, deadline);
  }();
  if (file) out.file = *file;
  if (!file) note(file.error());
  if (running) out.running = Route{running->host, running->port};
  if (running) out.paused = running->paused || is_process_paused(deadline);
  if (running) out.held = running->pool_size == 0 && hold_of(version_, false) == Hold::pool_size;
  if (!running) note(running.error());
  return out;
}

// ---- settings

// A server login that PAUSE or RELOAD closes counts as failed; the pool then waits server_login_retry (15 s) before the
// next one (1.18). min_pool_size would open logins by itself meanwhile.
Result<void> Bouncer::hold_back_logins(Deadline deadline) {
  TRY(open_consoles(deadline));
  TRY(command_->set("server_login_retry", "0", deadline));
  return command_->set("min_pool_size", "0", deadline);
}

// PAUSE would close a login that is under way, and it would count as failed: until the next one has succeeded,
// PgBouncer refuses clients who come when the pool has no server (objects.c, check_fast_fail(), 1.18), as it has none
// after PAUSE. So none begins any more: a database with as many connections as it may have gets no further one
// (launch_new_connection()), and keeps those that it has. A database whose own line says max_db_connections goes by
// that, and one without any connection opens its first. Those that are under way may end, but not for long: a server
// that does not answer is no reason to wait. Where the process serves other databases none of this is done: the limit
// would hold for their clients, and stay if this program died.
Result<void> Bouncer::drain_logins(Deadline deadline) {
  if (serves_others(deadline)) return {};
  own_max_db_connections_ = own_settings(deadline).at("max_db_connections");
  TRY(command_->set("max_db_connections", "1", deadline));
  const auto patience = deadline.or_earlier(Deadline::in(longest_wait_for_logins));
  static_cast<void>(wait_until("no server login is under way", patience, std::chrono::microseconds(300), nullptr,
                               [&]() -> Result<bool> {
                                 int logins = 0;
                                 for (const auto& database : databases_) {
                                   TRY_ASSIGN(const int of_one, watch_->logins(database, patience.for_one_read()));
                                   logins += of_one;
                                 }
                                 return logins == 0;
                               }));
  return {};
}

// As soon as PAUSE keeps logins from beginning: the limit holds for other databases too. Where this is not answered,
// RELOAD and restore_settings() do it.
void Bouncer::allow_logins(Deadline deadline) {
  if (own_max_db_connections_.empty()) return;
  static_cast<void>(
      watch_->set("max_db_connections", std::exchange(own_max_db_connections_, ""), deadline.for_one_read()));
}

// The file says the value; where it is silent (a default) what was seen before the first SET, unless an earlier run had
// SET it.
std::map<std::string, std::string> Bouncer::own_settings(Deadline deadline) {
  const auto file = config(deadline);
  std::map<std::string, std::string> own;
  for (const auto& held : held_settings) {
    auto value = file ? file->setting(held.key) : "";
    if (value.empty()) {
      value = value_in(remembered_, held.key);
      if (is(value, held)) value = remembered_[held.key].fallback;
    }
    own[held.key] = value.empty() ? held.fallback : value;
  }
  return own;
}

// Those of its own that the process lacks: what is in force and was not SET by us is left alone.
Result<std::map<std::string, std::string>> Bouncer::missing_settings(Deadline deadline) {
  TRY(open_consoles(deadline));
  TRY_ASSIGN(const auto running, watch_->settings(deadline));
  auto own = own_settings(deadline);
  for (const auto& held : held_settings) {
    if (!is(value_in(running, held.key), held) || is(own.at(held.key), held)) own.erase(held.key);
  }
  return own;
}

// By SET and not by RELOAD: RELOAD would put in force whatever a person left half edited in the file, at the moment
// when clients have just come back.
// A RELOAD has put server_login_retry back: a pool whose last login failed, as on a route that broke, waits for so long
// before its next one. While it is 0, be it for one turn of the event loop, such a pool tries at once
// (per_loop_activate(), launch_new_connection(), 1.18).
Result<void> Bouncer::restore_settings(Deadline deadline) {
  if (std::exchange(reloaded_, false)) {
    TRY(open_consoles(deadline));
    TRY(command_->set("server_login_retry", "0", deadline));
  }
  TRY_ASSIGN(const auto missing, missing_settings(deadline));
  for (const auto& [key, value] : missing) TRY(watch_->set(key, value, deadline));
  return {};
}

Result<bool> Bouncer::has_own_settings(Deadline deadline) {
  TRY_ASSIGN(const auto missing, missing_settings(deadline));
  return missing.empty();
}

}  // namespace pgcleave::pgbouncer
