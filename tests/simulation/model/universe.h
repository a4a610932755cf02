// All that there is besides the program under test: two clusters, two bouncers, clients, the journal's file, and the
// time. The fake products (products/) are its faces. One thread; fork() copies it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "journal/journal.h"
#include "model/bouncer.h"
#include "model/clients.h"
#include "model/cluster.h"

namespace pgcleave::simulation {

struct Universe {
  Universe();

  Instant now = 0;
  Server source;
  Server target;
  Cluster source_patroni;
  Cluster target_patroni;
  std::vector<Bouncer> bouncers;
  std::vector<Client> clients;
  History history;
  std::vector<journal::Event> journal;
  std::optional<std::vector<journal::Event>> copy;  // of it, that somebody made
  bool goes_by_copy = false;                        // whoever takes the run up
  Instant failed_over_at = -1;                      // the last time that a side did
  std::size_t synced = 0;                           // so many events of it survive the machine
  std::optional<bool> frozen;             // the journal's file system does not answer; true: it is told afterwards
  std::vector<journal::Event> unwritten;  // meanwhile
  WriteId last_write = 0;
  // Requests that nobody waits for any more, and when they arrive.
  std::vector<std::pair<Instant, std::function<void()>>> under_way;

  Server& server(fence::Owner side) { return side == fence::Owner::target ? target : source; }
  Server* server_at(int port);  // null: nobody listens
  Cluster& patroni(fence::Owner side) { return side == fence::Owner::target ? target_patroni : source_patroni; }

  [[nodiscard]] bool is_all_synced() const { return synced == journal.size(); }
  void cut_power() { journal.resize(synced); }
  // The process has ended. `in_order`: not by dying.
  void thaw(bool in_order);
  // Of what a leader wrote before this instant, its replica has all.
  [[nodiscard]] Instant known_to_replicas() const;
  // Asynchronously: what its replicas had not received is lost, also what clients were told.
  void fail_over(fence::Owner side);
  // A server or bouncer by the name that requests give it; sessions are lost.
  void restart(const std::string& name);

  // Time passes, and with it everybody goes on.
  void advance(Duration duration);
  void advance_to(Instant when);
  // What is under way arrives, and has the effect that it has.
  void let_arrive();
  // Is a transaction of a client of this bouncer under way?
  [[nodiscard]] bool is_active(const Bouncer& bouncer) const;
  // Sessions that write the moved table on a side.
  [[nodiscard]] std::vector<const Client*> writing_on(fence::Owner side) const;

 private:
  [[nodiscard]] bool calm_since(Instant moment) const;
  void step();
  void watch();
  void go_on(Client& client);
  void begin(Client& client, Server& server);
  void commit(Client& client);
};

Universe& universe();
// The setting pgcleave.ci as Patroni has put it in force on this server; "" when there is none.
std::string witness_of(const Server& server);
void begin_universe(int pgbouncer = oldest_version);  // a new one, whose bouncers are PgBouncer 1.N

}  // namespace pgcleave::simulation
