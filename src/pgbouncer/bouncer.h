// One pool of a PgBouncer process: two console connections, one for commands and one to watch and to give up with, and
// its config file. Fleet drives several of them, each on a thread of its own; nothing here is shared between them.
//
// Where several pools of the fleet are in one process, one Bouncer acts on the process and its files for all of them:
// SET, RELOAD, staged text, rename, trial. Each pauses, resumes and watches its own pool.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "pgbouncer/config_files.h"
#include "pgbouncer/fleet.h"
#include "pgbouncer/holding.h"

namespace pgcleave::pgbouncer {

class Bouncer {
 public:
  Bouncer(BouncerSpec spec, const std::string& fleet);

  // Its process serves other pools of the fleet too: `pools` are all of them, by the name of the bouncer, and `acting`
  // acts for them.
  void share_process(const std::map<std::string, std::string>& pools, const Bouncer& acting);
  [[nodiscard]] const std::string& name() const { return spec_.name; }
  [[nodiscard]] bool acts_on_process() const { return acting_ == nullptr; }
  [[nodiscard]] const Bouncer* acting() const { return acting_; }  // null: itself
  // `not_ready` when the one that acts for it is in another process. Both have their consoles.
  Result<void> check_shares_process(Deadline deadline);

  // Opens what is not open, its files too. Proves that both consoles reach one process and that no other bouncer of
  // this fleet is the same: with so_reuseport each new connection may land in another process.
  Result<void> connect(Deadline deadline);
  Result<void> open_consoles(Deadline deadline);
  // From now on no console is opened to another process (process_id.cpp).
  void expect(ProcessId process);
  Result<ProcessId> process(Deadline deadline);
  BouncerState read_state(Deadline deadline);
  Fleet::Routes routes(Deadline deadline);
  Inspection inspect(Deadline deadline);

  // SET acts on the whole process. What would make clients of another database wait is not SET where there is one:
  // fewer logins are held back then, and a client who logs in at the wrong moment may get an error.
  Result<void> hold_back_logins(Deadline deadline);
  // To be followed by pause(): until then its databases get no further server connection.
  Result<void> drain_logins(Deadline deadline);
  // The first halves of pause() and resume(): send and don't wait, so that one thread reaches a whole fleet before the
  // first process answers. Where a console is not open nothing is sent, and the other half does all.
  void begin_pause();
  void begin_resume(bool at_file);
  // Doesn't wait: true once pause() or resume() would not either.
  bool has_answered();
  // Since `start`, when the fleet's first PAUSE was sent.
  Result<Duration> pause(Monotonic::time_point start, Deadline deadline, const StopFlag* stop);
  // The clients for which pause() would wait.
  Result<std::vector<ActiveServer>> active_servers(Deadline deadline);
  // Drops the pool's clients and servers; it is paused from then on.
  Result<void> kill(Deadline deadline);
  // Before a RESUME at the route that the file says: what the process still lacks for it. Its error is told by
  // resume().
  void prepare_reload(Deadline deadline);
  Result<void> resume(Deadline deadline);
  // If the new route is not there, clients had better wait. Does not wait for the answer.
  void pause_again();
  // Waits for the routes of a process that resume() left without them; pauses its own pool again where they do not
  // come.
  Result<void> settle(Deadline deadline);
  [[nodiscard]] bool is_settled() const { return !unsettled_; }
  Result<void> restore_settings(Deadline deadline);
  Result<bool> has_own_settings(Deadline deadline);

  // Replaces the file that holds the pool's entry by one with one more database, RELOADs, and puts the very file back:
  // `not_ready` when SHOW DATABASES does not show it. Leaves a paused process alone. A trial that a dead process began
  // is ended first.
  Result<void> try_file(Deadline deadline);
  Result<void> end_trial(Deadline deadline);
  Result<void> stage(const Route& route, Deadline deadline);
  // Changes nothing: says whether repoint() can go ahead. Remembers what has to be renamed.
  Result<void> check_staged(const Route& route, Deadline deadline);
  Result<void> repoint(const Route& route, Deadline deadline);
  Result<void> discard_staged(Deadline deadline);

 private:
  Result<void> inspect_process(Inspection& out, Deadline deadline);
  Result<void> inspect_file(Inspection& out, Deadline deadline);
  Result<void> remember(Deadline deadline);
  Result<std::vector<std::string>> other_databases(const std::vector<Database>& served, Deadline deadline);
  bool serves_others(Deadline deadline);
  Result<void> check_process(Deadline deadline);
  Result<ProcessId> seen_process(Deadline deadline);
  Result<void> check_expected(Deadline deadline);
  Result<void> check_config_path(Deadline deadline);
  Result<void> see_trial(const std::string& file, bool in_force, Deadline deadline);
  Result<void> check_reload_is_harmless(const ConfigFile& file, const std::map<std::string, Database>& running);
  Result<std::string> working_folder(ConfigPlace& place);
  Result<bool> unpaused_meanwhile(Deadline deadline);
  Result<bool> drained(Monotonic::time_point& look_again, Deadline deadline);
  Error still_active(const Error& reason);
  Result<void> apply_route(Deadline deadline);
  // By database.
  using RouteOf = std::map<std::string, Route>;
  Result<std::map<std::string, Database>> pools(Deadline deadline);
  static bool are_in_force(const RouteOf& routes, const std::map<std::string, Database>& pools);
  Result<bool> any_own_pool_size(const ConfigFile& file);
  [[nodiscard]] bool shows_state() const;
  bool is_process_paused(Deadline deadline);
  Hold hold(Deadline deadline);
  bool hold_by_pool_size(Deadline deadline);
  bool hold_process(Deadline deadline);
  Result<void> reload_under_hold(Deadline deadline);
  Result<void> resume_process(Deadline deadline);
  Result<void> resume_pool(Deadline deadline);
  Result<void> put_in_force(const RouteOf& routes, Deadline deadline);
  Result<void> see_in_force(const RouteOf& routes, Deadline deadline);
  void allow_logins(Deadline deadline);
  Result<ConfigFile> config(Deadline deadline);
  std::map<std::string, std::string> own_settings(Deadline deadline);
  Result<std::map<std::string, std::string>> missing_settings(Deadline deadline);
  [[nodiscard]] Error error(ErrorKind kind, std::string what) const;
  [[nodiscard]] postgres::Settings settings(const std::string& use) const;

  BouncerSpec spec_;
  std::map<std::string, std::string> pools_;  // of the fleet in this process, databases by the name of the bouncer
  std::vector<std::string> databases_;        // the same, its own first
  const Bouncer* acting_ = nullptr;           // null: it acts itself
  std::string fleet_;                         // tells this fleet's consoles from others in SHOW CLIENTS
  ConfigFiles files_;
  std::optional<Console> command_;
  std::optional<Console> watch_;
  std::map<std::string, ConsoleSetting> remembered_;  // SHOW CONFIG when first connected
  std::optional<ProcessId> expected_;
  std::string own_max_db_connections_;  // between drain_logins() and allow_logins()
  std::string version_;                 // when first connected
  std::optional<RouteOf> due_;          // what the file says since repoint(), and the process does not yet
  std::optional<RouteOf> taking_;       // what a RELOAD together with this RESUME puts in force
  bool reloaded_ = false;               // by resume(), since restore_settings()
  std::optional<RouteOf> unsettled_;    // what resume() has not seen in force yet
  std::optional<Error> stays_paused_;   // why prepare_reload() failed
  bool own_pool_size_ = false;          // one of the databases' own lines says it
  std::optional<bool> serves_others_;   // clients of other databases feel what is SET
  bool distinct_ = true;                // what check_process() last found
  std::vector<FileText> to_rename_;     // since check_staged()
  bool process_held_ = false;           // its databases are resumed, and wait for RESUME of the process
  bool reload_sent_ = false;
  bool pause_sent_ = false;
  bool resume_sent_ = false;
};

}  // namespace pgcleave::pgbouncer
