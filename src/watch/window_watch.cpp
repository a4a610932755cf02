#include "watch/window_watch.h"

#include <algorithm>

#include "base/format.h"
#include "base/units.h"
#include "watch/outage.h"

namespace pgcleave::watch {
namespace {

constexpr auto before_and_after = std::chrono::milliseconds(500);
constexpr auto first_write_patience = std::chrono::seconds(1);
constexpr auto last_write_patience = std::chrono::seconds(2);

std::string why_nothing(const std::vector<ClientSeen>& clients) {
  if (clients.empty()) return "no pool of the environment has a `probe`";
  if (std::any_of(clients.begin(), clients.end(), [](const auto& client) { return !client.writes.empty(); })) return "";
  for (const auto& client : clients) {
    if (!client.first_error.empty()) return fmt::format("no write through {}: {}", client.bouncer, client.first_error);
  }
  return "no write was answered";
}

}  // namespace

WindowWatch::WindowWatch(std::vector<postgres::Settings> through, postgres::TableName table, Duration every)
    : through_(std::move(through)), table_(std::move(table)), every_(every) {}

void WindowWatch::begin(bool clients_wait) {
  began_ = Monotonic::now();
  began_us_ = utc_now_us();
  prober_ = std::make_unique<Prober>(through_, table_, every_);
  served_at_first_ = false;
  if (clients_wait || through_.empty()) return;
  served_at_first_ = prober_->all_served(began_, Deadline::in(first_write_patience));
  sleep_until(Deadline::at(began_ + before_and_after), before_and_after, nullptr);
}

Json WindowWatch::end() {
  Json data{{"every_ms", milliseconds(every_)}, {"why", ""}};
  std::vector<ClientSeen> clients;
  const auto asked = Monotonic::now();
  auto until = asked;
  if (prober_ && !through_.empty()) {
    sleep_until(Deadline::in(before_and_after), before_and_after, nullptr);
    static_cast<void>(prober_->all_served(asked, Deadline::in(last_write_patience)));
    until = Monotonic::now();
    clients = prober_->stop();
  }
  prober_.reset();
  data["why"] = why_nothing(clients);
  if (data["why"].get<std::string>().empty())
    data.update(outage_in_json(clients, {began_, until, began_us_, served_at_first_}));
  return data;
}

}  // namespace pgcleave::watch
