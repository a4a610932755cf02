// Writes a row through each bouncer every few milliseconds, as clients would, and keeps what such clients saw. Several
// clients per bouncer, in turn: who waits first is served first after a pause, often 20 ms before the next one, so that
// a single client would tell by chance. A thread and a connection each; nothing is shared with whoever runs a window
// but a stop flag and, at the end, each thread's own record.
//
// A write's due time is fixed, and its wait is counted from there. The next one is sent when the one before was
// answered; what was due meanwhile and is more than one period late is left out: it would have waited less.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fence/canary.h"
#include "postgres/catalog.h"
#include "postgres/connection.h"

namespace pgcleave::watch {

struct Acknowledged {
  Monotonic::time_point since;  // when its client first tried, since it was answered last
  Monotonic::time_point at;
  int by = 0;  // index of ClientSeen::clusters
};

// What one client of a bouncer saw.
struct ClientSeen {
  std::string bouncer;
  std::vector<Acknowledged> writes;                  // in order
  std::vector<std::string> clusters;                 // cluster_name of who stored them, in order of appearance
  std::optional<Monotonic::time_point> waits_since;  // it tries, and was not answered when it was stopped
  Duration longest_wait{};                           // of an acknowledged write, since it was due
  int errors = 0;
  std::string first_error;
  bool gave_up = false;  // the table is not there, or may not be written: another try would say the same
};

class Prober {
 public:
  // The more, the less what is told hangs on chance; but each is a thread and a connection. 8 of up to three bouncers,
  // 2 of twelve and more.
  static int clients_per_bouncer(std::size_t bouncers);

  // `through`: one per bouncer, named after it; `every`: from write to write through one bouncer. The user needs
  // INSERT, UPDATE and SELECT on the table (fence::probe_of()).
  Prober(const std::vector<postgres::Settings>& through, const postgres::TableName& table, Duration every);
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;
  ~Prober();

  // Waits until a write was acknowledged through each bouncer since `since`, or its client gave up. False: not by the
  // deadline.
  [[nodiscard]] bool all_served(Monotonic::time_point since, Deadline deadline) const;

  // Ends the threads, within 200 ms also when a write waits in a paused pool. Once. By bouncer, each client by itself.
  std::vector<ClientSeen> stop();

 private:
  class Client;
  std::vector<std::shared_ptr<Client>> clients_;
};

}  // namespace pgcleave::watch
