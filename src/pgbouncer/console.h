// PgBouncer's admin console. It speaks the simple protocol only, one command at a time, no parameters; columns are read
// by name since they differ between versions (1.18 to 1.25).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "postgres/connection.h"

namespace pgcleave::pgbouncer {

// One row of SHOW DATABASES.
struct Database {
  std::string name;
  std::string host;
  int port = 0;
  std::string database;  // the name on the server
  std::string force_user;
  std::string pool_mode;  // of the database; "": the process's, which Fleet::look() fills in
  bool paused = false;
  bool disabled = false;
  int current_connections = 0;
  int pool_size = 0;        // for each user of it
  int max_connections = 0;  // of the database, over all users; 0: no bound
};

// One row of SHOW CONFIG.
struct ConsoleSetting {
  std::string value;
  std::string fallback;     // the product's default; "" where the version does not show it
  bool changeable = false;  // RELOAD and SET put another value in force
};

// An active server connection and the client that has it: until its transaction ends PAUSE waits.
struct ActiveServer {
  int server_pid = 0;  // of the backend; 0: PgBouncer does not know it
  std::string client;  // "app from 127.0.0.1:53210 (application)"; empty: it has no client
  bool operator==(const ActiveServer&) const = default;
  [[nodiscard]] std::string text() const;
};

class Console {
 public:
  static Result<Console> open(const postgres::Settings& settings, Deadline deadline);
  static std::vector<Result<Console>> open_all(const std::vector<postgres::Settings>& settings, Deadline deadline);

  Result<std::vector<Database>> databases(Deadline deadline);
  Result<Database> database(const std::string& name, Deadline deadline);      // `not_ready` when there is none
  Result<std::map<std::string, ConsoleSetting>> settings(Deadline deadline);  // SHOW CONFIG
  Result<std::string> setting(const std::string& key, Deadline deadline);     // `not_ready` when there is none
  Result<void> set(const std::string& key, const std::string& value, Deadline deadline);
  Result<void> reload(
      Deadline deadline);  // answers success also when the file did not parse (before 1.25): look afterwards
  Result<void> begin_reload();
  Result<void> finish_reload(Deadline deadline);
  Result<void> resume(const std::string& database, Deadline deadline);  // not paused is fine
  Result<void> begin_resume(const std::string& database);
  Result<void> finish_resume(const std::string& database, Deadline deadline);
  // PAUSE and RESUME of the whole process (SHOW STATE: 1.19 and later). Paused twice is an error, not paused is fine.
  Result<bool> process_paused(Deadline deadline);
  Result<void> pause_process(Deadline deadline);
  Result<void> resume_process(Deadline deadline);
  Result<void> begin_resume_process();
  Result<void> finish_resume_process(Deadline deadline);
  // PAUSE answers when no server connection is active; it may never answer. So: begin, then look with paused() or
  // through another console; to give up, resume through another console and close this one.
  Result<void> begin_pause(const std::string& database);
  Result<bool> answered();
  Result<void> finish_pause(Deadline deadline);
  // Drops all client and server connections of the database, which is paused from then on.
  Result<void> kill(const std::string& database, Deadline deadline);

  // The clients that keep a PAUSE of the database from finishing (SHOW SERVERS linked to SHOW CLIENTS).
  Result<std::vector<ActiveServer>> active_servers(const std::string& database, Deadline deadline);
  Result<int> waiting_clients(const std::string& database, Deadline deadline);                  // SHOW POOLS cl_waiting
  Result<std::vector<std::string>> pool_users(const std::string& database, Deadline deadline);  // SHOW POOLS
  Result<std::vector<std::string>> known_users(Deadline deadline);  // SHOW USERS: of the auth_file, or logged in once
  Result<int> clients(Deadline deadline);                           // of all databases (SHOW LISTS)
  Result<int> logins(const std::string& database, Deadline deadline);  // SHOW POOLS sv_login: server logins under way

  // The application_name of each client of this process, consoles included (SHOW CLIENTS). No command tells which
  // process answers (1.18), but a process shows exactly its own clients: two consoles are in one process if one sees
  // the other.
  Result<std::vector<std::string>> client_applications(Deadline deadline);

  Result<std::string> version(Deadline deadline);
  [[nodiscard]] bool alive() const;
  [[nodiscard]] bool busy() const;  // sent and not yet received
  [[nodiscard]] const std::string& name() const;
  void close();

  // The two halves of any command, for fan-out by the fleet.
  Result<void> send(const std::string& command);
  Result<postgres::Rows> receive(Deadline deadline);

 private:
  Result<int> in_pools(const std::string& database, const std::string& column, Deadline deadline);
  explicit Console(postgres::Connection connection);
  postgres::Connection connection_;
};

}  // namespace pgcleave::pgbouncer
