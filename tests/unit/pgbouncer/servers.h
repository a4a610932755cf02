// Throwaway servers for tests: PostgreSQL and PgBouncer on free loopback ports, in a temporary folder, ended by pid.
// Started as root they run as user postgres, since PostgreSQL and PgBouncer refuse to be root.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pgbouncer/fleet.h"

namespace pgcleave::pgbouncer {

class Folder {
 public:
  Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

int free_port();

// Ended with the signal given, then killed.
class Server {
 public:
  Server(std::vector<std::string> argv, const std::string& log, int end_signal);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() { end(); }
  void end();

 private:
  pid_t pid_ = 0;
  int end_signal_;
};

class Postgres {
 public:
  explicit Postgres(const Folder& folder, const std::string& name);
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] postgres::Connection connect() const;

 private:
  int port_;
  std::unique_ptr<Server> server_;
};

void make_logins_take_a_second(const Postgres& server);

class RunningBouncer {
 public:
  // `more` goes to the [pgbouncer] section.
  RunningBouncer(const Folder& folder, const std::string& name, int postgres_port, const std::string& more = "");
  void restart();
  void stop();

  [[nodiscard]] BouncerSpec spec() const;
  [[nodiscard]] const std::string& config() const { return config_; }
  [[nodiscard]] Console console() const;
  // A client's connection through the pool.
  [[nodiscard]] postgres::Settings client() const;
  [[nodiscard]] postgres::Connection connect() const;

 private:
  std::string name_;
  std::string folder_;
  std::string config_;
  int port_;
  std::unique_ptr<Server> server_;
};

std::string slurp(const std::string& path);
void spew(const std::string& path, const std::string& text);
inline Deadline soon() {
  return Deadline::in(std::chrono::seconds(5));
}

inline Deadline within_ms(int ms) {
  return Deadline::in(std::chrono::milliseconds(ms));
}

inline std::string problem(const Result<void>& result) {
  return result ? "" : result.error().text();
}

std::string setting(const RunningBouncer& bouncer, const std::string& key);
// Where a client of its pool lands.
int port_behind(const RunningBouncer& bouncer);

// A bouncer whose pool goes from one server to another.
struct FlippingPool {
  explicit FlippingPool(const std::string& more = "") : bouncer(folder, "one", old_server.port(), more) {}

  const Folder folder;
  const Postgres old_server{folder, "old"};
  const Postgres new_server{folder, "new"};
  const Route next{"127.0.0.1", new_server.port()};
  const RunningBouncer bouncer;
};

// Paused, with a file that says where the pool goes.
void pause_and_repoint(Fleet& fleet, const Route& next);

// What pgbouncer.pause and pgbouncer.resume do with a fleet.
inline Result<pgbouncer::PauseReport> pause_all(pgbouncer::Fleet& fleet, Deadline deadline, const StopFlag* stop) {
  TRY(fleet.hold_back_logins(deadline));
  return fleet.pause(deadline, stop);
}
inline Result<void> resume_all(pgbouncer::Fleet& fleet, Deadline deadline) {
  TRY(fleet.resume_at_file(deadline));
  return fleet.restore_settings(deadline);
}

}  // namespace pgcleave::pgbouncer
