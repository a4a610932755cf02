#include "watch/prober.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/format.h"
#include "postgres/connection.h"

namespace pgcleave::watch {
namespace {

constexpr auto login_patience = std::chrono::minutes(1);
constexpr auto reconnect_pause = std::chrono::milliseconds(10);
constexpr auto inspect_stop = std::chrono::milliseconds(20);
constexpr auto longest_end = std::chrono::milliseconds(200);

// One statement, which commits as clients' own do: it waits for the disk, and for a synchronous standby if there is
// one. Without that wait an outage was told 20 to 50 ms too short on a busy disk.
std::string write_sql(const postgres::TableName& table, const std::string& row) {
  return fmt::format(
      "INSERT INTO {} AS p (bouncer, n) VALUES ({}, 1) ON CONFLICT (bouncer) DO UPDATE SET n = p.n + 1, at = "
      "pg_catalog.clock_timestamp() "
      "RETURNING pg_catalog.current_setting('cluster_name') AS cluster",
      table.sql(), postgres::quote_literal(row));
}

bool is_lasting(const Error& error) {
  return error.code == postgres::undefined_table || error.code == postgres::invalid_schema_name ||
         error.code == postgres::insufficient_privilege;
}

}  // namespace

class Prober::Client {
 public:
  // `number`: clients of one bouncer write a row each, else they would wait for each other.
  Client(postgres::Settings settings, int number, const postgres::TableName& table, Duration every, Duration offset)
      : settings_(std::move(settings)),
        sql_(write_sql(table, fmt::format("{} {}", settings_.name, number))),
        every_(every),
        due_(Monotonic::now() + offset) {
    settings_.cancel_on_deadline = false;
    seen_.bouncer = settings_.name;
  }

  void run() {
    std::optional<postgres::Connection> connection;
    while (!stop_.requested() && !gave_up_) {
      if (!connection || !connection->alive()) connection = connect();
      if (connection) write(*connection);
    }
    connection.reset();
    const std::lock_guard lock(mutex_);
    seen_.waits_since = tries_since_;
    ended_ = true;
  }

  void request_stop() { stop_.request(); }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] bool is_served(Monotonic::time_point since) const {
    return gave_up_ || last_.load() >= since.time_since_epoch().count();
  }
  ClientSeen seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  void tries() {
    if (!tries_since_) tries_since_ = Monotonic::now();
  }

  std::optional<postgres::Connection> connect() {
    tries();
    auto opened = postgres::Connection::open(settings_, Deadline::in(login_patience), &stop_);
    if (opened) return std::move(*opened);
    if (stop_.requested()) return {};
    note(opened.error());
    sleep_until(Deadline::in(reconnect_pause), reconnect_pause, &stop_);
    return {};
  }

  void write(postgres::Connection& connection) {
    for (auto left = due_ - Monotonic::now(); left > Duration::zero(); left = due_ - Monotonic::now()) {
      if (stop_.requested()) return;
      std::this_thread::sleep_for(std::min<Monotonic::duration>(left, inspect_stop));
    }
    tries();
    if (const auto rows = answer(connection)) take(*rows);
    const auto now = Monotonic::now();
    due_ += every_;
    if (now - due_ > every_) due_ = now - (now - due_) % every_;
  }

  // No value: it is being stopped, and what waits in a paused pool is left there.
  std::optional<Result<postgres::Rows>> answer(postgres::Connection& connection) {
    if (const auto sent = connection.send(sql_); !sent) return Result<postgres::Rows>(fail(sent.error()));
    while (true) {
      const auto complete = connection.answered_by(Deadline::in(inspect_stop));
      if (!complete) return Result<postgres::Rows>(fail(complete.error()));
      if (*complete) return connection.receive(Deadline::in(inspect_stop));
      if (!stop_.requested()) continue;
      connection.close();
      return {};
    }
  }

  void take(const Result<postgres::Rows>& rows) {
    const auto now = Monotonic::now();
    if (!rows) return note(rows.error());
    const std::lock_guard lock(mutex_);
    const auto cluster = rows->empty() ? std::string() : rows->text(0, "cluster");
    const auto known = std::find(seen_.clusters.begin(), seen_.clusters.end(), cluster);
    const auto by = static_cast<int>(known - seen_.clusters.begin());
    if (known == seen_.clusters.end()) seen_.clusters.push_back(cluster);
    seen_.writes.push_back({tries_since_.value_or(now), now, by});
    tries_since_.reset();
    seen_.longest_wait = std::max(seen_.longest_wait, std::chrono::duration_cast<Duration>(now - due_));
    last_ = now.time_since_epoch().count();
  }

  void note(const Error& error) {
    const std::lock_guard lock(mutex_);
    ++seen_.errors;
    if (seen_.first_error.empty()) seen_.first_error = error.text();
    if (!is_lasting(error)) return;
    seen_.gave_up = true;
    gave_up_ = true;
  }

  postgres::Settings settings_;
  std::string sql_;
  Duration every_;
  Monotonic::time_point due_;
  StopFlag stop_;
  std::optional<Monotonic::time_point> tries_since_;  // of this thread alone
  std::atomic<bool> ended_{false};
  std::atomic<bool> gave_up_{false};
  std::atomic<Monotonic::rep> last_{0};  // when a write was acknowledged last
  std::mutex mutex_;
  ClientSeen seen_;
};

int Prober::clients_per_bouncer(std::size_t bouncers) {
  return static_cast<int>(std::clamp<std::size_t>(24 / std::max<std::size_t>(bouncers, 1), 2, 8));
}

Prober::Prober(const std::vector<postgres::Settings>& through, const postgres::TableName& table, Duration every) {
  const int clients = clients_per_bouncer(through.size());
  for (std::size_t i = 0; i < through.size(); ++i) {
    for (int number = 0; number < clients; ++number) {
      // In turn, and not through all bouncers at the same instant.
      const auto offset = every * number + every * i / through.size();
      auto client = std::make_shared<Client>(through[i], number + 1, table, every * clients, offset);
      try {
        std::thread([client] { client->run(); }).detach();
      } catch (const std::system_error&) {
        continue;
      }
      clients_.push_back(std::move(client));
    }
  }
}

Prober::~Prober() {
  stop();
}

bool Prober::all_served(Monotonic::time_point since, Deadline deadline) const {
  const auto served =
      wait_until("each bouncer serves", deadline, std::chrono::milliseconds(2), nullptr, [&]() -> Result<bool> {
        return std::all_of(clients_.begin(), clients_.end(),
                           [&](const auto& client) { return client->is_served(since); });
      });
  return served.has_value();
}

// A thread that is stuck in a name server's answer is left alone: it holds its own client, and ends when it gets there.
std::vector<ClientSeen> Prober::stop() {
  for (const auto& client : clients_) client->request_stop();
  static_cast<void>(wait_until("the clients have ended", Deadline::in(longest_end), std::chrono::milliseconds(1),
                               nullptr, [&]() -> Result<bool> {
                                 return std::all_of(clients_.begin(), clients_.end(),
                                                    [](const auto& client) { return client->ended(); });
                               }));
  std::vector<ClientSeen> all;
  for (const auto& client : clients_) all.push_back(client->seen());
  clients_.clear();
  return all;
}

}  // namespace pgcleave::watch
