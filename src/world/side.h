// One side of a split: its Patroni cluster and the connection to its leader (or standby leader).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/environment.h"
#include "config/side_name.h"
#include "fence/ownership.h"
#include "patroni/cluster.h"
#include "postgres/connection.h"
#include "postgres/sequences.h"
#include "world/database_id.h"

namespace pgcleave::world {

using config::SideName;

// The side that owns, if one does.
std::optional<SideName> side_of(fence::Owner owner);
fence::Owner owner_of(SideName side);

// Who leads a side. After a failover it is another member, or the same one on a later timeline.
struct Leadership {
  std::string member;
  std::uint32_t timeline = 0;
  bool standby = false;  // of a standby cluster: its promotion is no failover
};

class Side {
 public:
  Side(fence::Owner which, const config::SideAccess& access);

  [[nodiscard]] fence::Owner which() const { return which_; }
  [[nodiscard]] SideName side_name() const {
    return which_ == fence::Owner::target ? SideName::target : SideName::source;
  }
  [[nodiscard]] std::string name() const { return fence::name_of(which_); }         // "source"
  [[nodiscard]] std::string label() const { return name() + " " + access_.scope; }  // "source main", in every message
  [[nodiscard]] const config::SideAccess& access() const { return access_; }
  [[nodiscard]] patroni::Cluster& patroni() { return patroni_; }
  [[nodiscard]] patroni::Access rest_access() const;

  // The connection to the leader, found through Patroni and kept; opened again, after a new look, when it died. It
  // survives a promotion. The server's cluster_name must be the scope, else `not_ready`: a wrong address must not be
  // written to. A database other than the one that is expected is `invalid`.
  Result<postgres::Connection*> leader(Deadline deadline);
  // Another session with the leader, after the same proofs. It is the caller's.
  Result<postgres::Connection> session_beside(Deadline deadline);

  // From now on each new connection must lead to this database.
  void expect_database(DatabaseId database);
  // To which the last connection led; no value: there was none.
  [[nodiscard]] const std::optional<DatabaseId>& database() const { return database_; }

  // Asks who leads now, and keeps it. `expect` keeps what another process saw.
  Result<Leadership> note_leadership(Deadline deadline);
  void expect(Leadership seen);
  // In words, if another leads than was kept; empty: the same, or nothing was kept. As long as the session of then
  // lives nobody is asked.
  Result<std::string> failover(Deadline deadline);

  // Patroni's configuration of this cluster. Read by remember_config() just before a window, so that the window need
  // not ask again; config() asks when nothing was remembered within the last ten seconds.
  Result<Json> config(Deadline deadline);
  Result<void> remember_config(Deadline deadline);

  // The split's sequences on this side, for a window.
  [[nodiscard]] postgres::SequenceReader& sequences() { return sequences_; }

  // What the bouncers connect to while this side serves. With `route: leader` the address of the leader that is
  // connected, or else of the one that Patroni tells: `not_ready` where it tells none.
  Result<config::RouteAccess> route(Deadline deadline);

  // libpq conninfo, without a password, with which the other side's server subscribes to this one. Fails as route().
  Result<std::string> replication_conninfo(Deadline deadline);
  [[nodiscard]] postgres::Settings settings_for(const std::string& host, int port, const std::string& label) const;

 private:
  fence::Owner which_;
  config::SideAccess access_;
  patroni::Cluster patroni_;
  struct Opened {
    postgres::Connection connection;
    std::string member;
    config::RouteAccess address;
    DatabaseId database;
  };
  Result<patroni::Member> leading_member(Deadline deadline);
  Result<Opened> open_with_leader(Deadline deadline);
  Result<Leadership> leadership(Deadline deadline);
  std::optional<postgres::Connection> leader_;
  std::string member_;           // that `leader_` goes to
  config::RouteAccess address_;  // of that member
  std::optional<DatabaseId> expected_database_;
  std::optional<DatabaseId> database_;
  int sessions_ = 0;  // opened so far
  std::optional<Leadership> kept_;
  int kept_in_ = 0;  // the session that it was seen in; 0: in another process
  Json config_;
  std::optional<Deadline> config_holds_;
  postgres::SequenceReader sequences_;
};

}  // namespace pgcleave::world
