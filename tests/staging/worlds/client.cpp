#include "client.h"

#include <fmt/format.h>

#include <chrono>

namespace pgcleave_worlds {
namespace {

using std::chrono::milliseconds;

// What no client may be told because of a split: its own statement was right before.
std::string broken_by(const pgcleave_lab::QueryError& error) {
  if (error.message.find("does not have a replica identity and publishes") != std::string::npos)
    return "a publication breaks clients' statements";
  if (error.sqlstate == "23505" && error.message.find("(id") != std::string::npos)
    return "value of a sequence given out twice";
  return {};
}

}  // namespace

void Client::begin() {
  thread_ = std::thread([this] { loop(); });
}
void Client::rest() {
  resting_ = true;
  while (!rests_) std::this_thread::sleep_for(milliseconds(2));
}
void Client::go_on() {
  resting_ = false;
}
void Client::end() {
  ending_ = true;
  resting_ = false;
  if (thread_.joinable()) thread_.join();
}

bool Client::said(const pgcleave_lab::Answer& answer, const std::string& sql) {
  if (!answer.error) return true;
  ++errors[answer.error->sqlstate + " " + answer.error->message.substr(0, 60)];
  if (const auto kind = broken_by(*answer.error); !kind.empty())
    ledger.broken(kind, fmt::format("{} ({}) was answered with: {}", sql, way, answer.error->message));
  take_back();
  return false;
}

bool Client::ask(const std::string& sql, pgcleave_lab::Answer& answer) {
  answer = database->query(sql, std::chrono::seconds(15));
  return said(answer, sql);
}

void Client::take_back() {
  if (database->connected()) database->query("rollback");
}

void Client::loop() {
  const bool direct = plan.route == Route::source || plan.route == Route::target;
  const Class cls = plan.route == Route::staying_bouncer ? Class::kept : Class::moved;
  while (!ending_) {
    if (resting_) {
      rests_ = true;
      std::this_thread::sleep_for(milliseconds(3));
      continue;
    }
    rests_ = false;
    if (!database || !database->connected() || chance.percent(2))
      database = std::make_unique<pgcleave_lab::Database>(address(), milliseconds(2000));
    if (!database->connected()) {
      std::this_thread::sleep_for(milliseconds(100));
      continue;
    }
    // Who writes round the bouncers writes what stays to the source, too.
    auto table = tables.any(plan.route == Route::source && chance.percent(20) ? Class::kept : cls, chance, direct);
    for (int again = 0; direct && again < 2 && table && !table->partitioned; ++again)
      table = tables.any(cls, chance, direct);  // parents are few, and the hardest to fence
    if (!table) continue;
    const Way& chosen = table->elder && chance.percent(40) ? through_the_elder()
                        : direct && chance.percent(40)     ? slow_copy()
                                                           : chance.pick(ways());
    way = chosen.name;
    if (chosen.run(*this, *table)) ++done[chosen.name];
    std::this_thread::sleep_for(milliseconds(chance.between(5, plan.route == Route::target ? 60 : 25)));
  }
  rests_ = true;
}

}  // namespace pgcleave_worlds
