// One PgBouncer process and its configuration file. PAUSE is a flag in memory; RELOAD reads the file and resets every
// SET (1.18). From 1.23 on a pool size of 0 holds nobody, and the whole process can be paused, which SHOW STATE tells
// (from 1.19 on).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/server.h"
#include "pgbouncer/config_file.h"

namespace pgcleave::simulation {

inline constexpr const char* second_entry = "pgcleave_try_app";

inline constexpr int oldest_version = 18;   // 1.18
inline constexpr int first_unbounded = 23;  // pool size 0 is no bound from 1.23 on

struct Bouncer {
  std::string name;
  int version = oldest_version;  // 1.N
  int port = 0;
  std::string file;                        // text of its configuration
  std::optional<std::string> staged;       // text of the file beside it
  std::optional<std::string> tried;        // text that is about to take its place for a trial
  std::optional<std::string> kept;         // the file itself, while another text is tried in its place
  pgbouncer::Route route;                  // of the process
  std::optional<pgbouncer::Route> second;  // of the entry with which a route is tried
  bool paused = false;
  bool process_paused = false;
  std::string server_login_retry = "15";
  std::string min_pool_size = "2";
  std::string max_db_connections = "0";
  std::string default_pool_size = "20";
  std::string reserve_pool_timeout = "5";
  bool trial = false;  // it serves the database of a trial too
  // A server login that PAUSE or RELOAD closes counts as failed, and clients stall for server_login_retry after it.
  Instant login_closed_at = -1;
  int incarnation = 1;
  std::vector<std::string> applications;  // of the clients of its console
  bool pausing = false;                   // a PAUSE was asked for and is not answered

  void pause(Instant now);
  void reset_settings();  // to what the file says
  void reload(Instant now);
  // Neither paused nor without a server for anybody.
  [[nodiscard]] bool lets_clients_go() const { return !paused && !process_paused && may_log_in(); }
  void restart();  // comes back unpaused, with what the file says
  // Until when clients that are let go stall; no stall: 0.
  [[nodiscard]] Instant stalled_until() const;

 private:
  [[nodiscard]] bool may_log_in() const { return default_pool_size != "0" || version >= first_unbounded; }
};

std::string bouncer_file(const pgbouncer::Route& route);

}  // namespace pgcleave::simulation
