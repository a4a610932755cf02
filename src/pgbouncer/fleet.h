// All PgBouncer processes in front of the moved tables, driven in parallel: each verb sends to all, then waits for all.
// Two console connections per process: one for commands, one to watch and to give up with.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pgbouncer/config_file.h"
#include "pgbouncer/console.h"

namespace pgcleave::pgbouncer {

struct BouncerSpec {
  std::string name;
  postgres::Settings console;      // dbname pgbouncer is added
  std::string config;              // path of its ini file, as seen where it runs
  std::vector<std::string> shell;  // {}: this machine; else a command prefix such as {"ssh", "host"}
  std::string database;            // the pool: its [databases] entry
};

struct BouncerState {
  std::string name;
  bool reachable = false;
  std::string error;  // why not
  Database database;
  std::string pool_mode;
  std::string version;
  std::string server_login_retry;
  std::string query_wait_timeout;  // seconds as PgBouncer shows it
  std::string query_timeout;
  std::string min_pool_size;
  std::string config_file;  // SHOW CONFIG conffile
};

// What tells one process from another, and stays as it is when it restarts or gets another address. What is empty is
// not known.
struct ProcessId {
  std::string listen_port;      // SHOW CONFIG
  std::string unix_socket_dir;  // SHOW CONFIG: processes that share a port (so_reuseport) have one each
  std::string database;         // to which the pool leads on its server (SHOW DATABASES)
};

struct PauseReport {
  std::vector<std::pair<std::string, Duration>> took;  // by bouncer, from the first PAUSE sent until its answer
};

class Bouncer;      // one process
struct Inspection;  // inspection.h

class Fleet {
 public:
  explicit Fleet(std::vector<BouncerSpec> bouncers);
  Fleet(Fleet&&) noexcept;
  Fleet& operator=(Fleet&&) noexcept;
  ~Fleet();

  // From now on a console that is opened and leads to another process, or whose pool leads to another database, is
  // `invalid`: nothing is sent there.
  void expect(const std::string& bouncer, const ProcessId& process);
  // Of each in the order of the specs. Opens consoles as connect() does, and changes nothing.
  std::vector<Result<ProcessId>> processes(Deadline deadline);

  // Opens (or reopens what is dead) consoles and, for remote config files, shells. Errors name each bouncer that
  // failed.
  Result<void> connect(Deadline deadline);
  // Never fails as a whole: unreachable ones say so. In the order of the specs.
  std::vector<BouncerState> read_states(Deadline deadline);

  // SET server_login_retry=0 and min_pool_size=0 on all at once, to be called before pause(): a login that PAUSE or
  // RELOAD closes counts as failed and stalls the pool for server_login_retry (15 s) otherwise. Then SETs
  // max_db_connections=1, so that no further login begins, and waits, for 250 ms at most, until none is under way:
  // pause() has to follow. Not so on a process that serves other databases, whose clients would wait too. Idempotent.
  Result<void> hold_back_logins(Deadline deadline);
  // PAUSE on all at once. Past the deadline, or when a stop is requested: `timed_out`/`interrupted` naming the clients
  // that hold connections; nothing is resumed here (undo does that). Idempotent.
  Result<PauseReport> pause(Deadline deadline, const StopFlag* stop);

  // The clients of all pools for which a PAUSE would wait now. Opens consoles as connect() does, and changes nothing.
  // Errors name each bouncer that can't be asked.
  Result<std::vector<ActiveServer>> active_servers(Deadline deadline);

  // KILL on all: clients of the pool get an error, and it is paused. For servers that do not answer, whose connections
  // no PAUSE gets back. Idempotent.
  Result<void> kill(Deadline deadline);

  // Before the window: does each process read the file that is renamed into place? Tried with a harmless setting, which
  // is taken out again.
  Result<void> try_files(Deadline deadline);
  // Before the window: each config file's future text beside it (<config>.pgcleave), written to disk.
  Result<void> stage_route(const Route& route, Deadline deadline);
  // Renames the staged text into place. A paused process follows the route in resume_at_file(); one that is not is
  // RELOADed, the SETs that RELOAD reset are repeated, and SHOW DATABASES is checked for host and port. Idempotent: a
  // file that has the route already is left alone.
  Result<void> repoint(const Route& route, Deadline deadline);
  // Route in each config file and in each process; not equal anywhere is told by bouncer.
  struct Routes {
    std::string name;
    std::optional<Route> file;
    std::optional<Route> running;
    bool paused = false;  // or its whole process is
    bool held = false;    // not paused, but without a server for anybody: between RESUME and RELOAD of resume_at_file()
    std::string error;
    [[nodiscard]] bool keeps_clients_waiting() const { return paused || held; }
  };
  std::vector<Routes> routes(Deadline deadline);
  Result<void> discard_staged(Deadline deadline);  // and ends a trial that a dead process began

  // All that a check judges, of each in the order of the specs. Changes nothing; never fails as a whole.
  std::vector<Inspection> inspect(Deadline deadline);

  // RESUME on all at once, where they point to. Not paused is fine. All are tried; errors name each bouncer that is
  // still paused.
  Result<void> resume(Deadline deadline);
  // The same, and a process whose file says another route (repoint()) takes it up by a RELOAD while nobody can log in
  // to a server (holding.h): who did between a RELOAD and a RESUME would cost others an error. SHOW DATABASES is
  // checked. Until then the file has to be readable.
  Result<void> resume_at_file(Deadline deadline);
  // Gives what was SET the values of the config file again. After RESUME, since clients come first. Idempotent. After
  // a RELOAD of resume_at_file() a pool whose last login failed is made to try at once.
  Result<void> restore_settings(Deadline deadline);
  // Those that lack them still, by name.
  Result<std::vector<std::string>> without_own_settings(Deadline deadline);

  [[nodiscard]] const std::vector<BouncerSpec>& bouncers() const;

 private:
  std::vector<BouncerSpec> specs_;
  std::vector<std::unique_ptr<Bouncer>> bouncers_;
};

}  // namespace pgcleave::pgbouncer
