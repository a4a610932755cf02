#include "data/throttle.h"

#include <algorithm>

#include "base/format.h"
#include "base/units.h"

namespace pgcleave::data {

namespace {

Speed by_limit(std::int64_t value, std::int64_t limit) {
  if (limit <= 0 || value < limit / 2) return Speed::go;
  return value < limit ? Speed::slow : Speed::stop;
}

// Of the one that is farthest behind.
Indication of_lag(const char* name, const std::vector<Behind>& all, Bytes limit, const char* words) {
  const auto worst =
      std::max_element(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.lag < b.lag; });
  if (worst == all.end()) return {name, Speed::go, ""};
  const auto speed = by_limit(worst->lag.count, limit.count);
  if (speed == Speed::go) return {name, speed, ""};
  return {name, speed, fmt::format("{} {} {} (limit {})", worst->name, words, to_text(worst->lag), to_text(limit))};
}

Indication of_vacuum(const Signs& signs) {
  if (signs.wraparound) return {"autovacuum", Speed::stop, "autovacuum prevents a wraparound of the table"};
  if (signs.vacuumed) return {"autovacuum", Speed::slow, "autovacuum is at work on the table"};
  return {"autovacuum", Speed::go, ""};
}

Indication of_hours(const std::optional<Hours>& hours, int minute) {
  if (!hours || hours->contain(minute)) return {"hours", Speed::go, ""};
  return {"hours", Speed::stop, fmt::format("it is {}, and the job works {}", clock_text(minute), hours->text())};
}

}  // namespace

const char* name_of(Speed speed) {
  switch (speed) {
    case Speed::go: return "go";
    case Speed::slow: return "slow";
    case Speed::stop: return "stop";
  }
  return "";
}

std::string Limits::text() const {
  const auto of = [](const char* name, Bytes bytes) {
    return fmt::format("{} {}", name, bytes.count > 0 ? to_text(bytes) : "none");
  };
  return fmt::format("{}, {}, {}{}", of("replica_lag", replica_lag), of("slot_wal", slot_wal), of("wal_rate", wal_rate),
                     hours ? ", hours " + hours->text() : "");
}

std::vector<Indication> Throttle::judge(const Signs& signs, Monotonic::time_point at) {
  std::vector<Indication> all{of_lag("replica_lag", signs.replicas, limits_.replica_lag, "is behind by"),
                              of_lag("slot_wal", signs.slots, limits_.slot_wal, "keeps WAL of"), of_vacuum(signs)};
  const auto waiting = by_limit(signs.archive_waiting, limits_.archive_waiting);
  all.push_back({"archive_waiting", waiting,
                 waiting == Speed::go ? ""
                                      : fmt::format("{} WAL files wait to be archived (limit {})",
                                                    signs.archive_waiting, limits_.archive_waiting)});
  Indication rate{"wal_rate", Speed::go, ""};
  const auto seconds = std::chrono::duration<double>(at - at_before_).count();
  if (seen_before_ && seconds > 0 && signs.wal > wal_before_) {
    const auto written = static_cast<double>(signs.wal.ahead_of(wal_before_).count);
    const Bytes per_second{static_cast<std::int64_t>(written / seconds)};
    if (limits_.wal_rate.count > 0 && per_second >= limits_.wal_rate)
      rate = {"wal_rate", Speed::slow,
              fmt::format("the server writes {} of WAL per second (limit {})", to_text(per_second),
                          to_text(limits_.wal_rate))};
  }
  all.push_back(std::move(rate));
  all.push_back(of_hours(limits_.hours, signs.minute));
  wal_before_ = signs.wal;
  at_before_ = at;
  seen_before_ = true;
  return all;
}

Indication strictest(const std::vector<Indication>& all) {
  const auto found =
      std::max_element(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.speed < b.speed; });
  return found == all.end() ? Indication{} : *found;
}

namespace {

constexpr auto between_looks = std::chrono::seconds(1);
constexpr auto time_to_look = std::chrono::seconds(5);

}  // namespace

Brake::Brake(Limits limits, Session session)
    : throttle_(limits), zone_(limits.hours ? limits.hours->zone : ""), session_(std::move(session)) {}

Indication Brake::look(const std::vector<std::uint32_t>& relations) {
  if (!session_) return {};
  const auto now = Monotonic::now();
  if (looked_ && now < *looked_ + between_looks) return last_;
  looked_ = now;
  const auto signs = session_(Deadline::in(time_to_look)).and_then([&](postgres::Connection* session) {
    return read_signs(*session, relations, zone_, Deadline::in(time_to_look));
  });
  last_ = signs ? strictest(throttle_.judge(*signs, now))
                : Indication{"server", Speed::stop, "the server can't be asked: " + signs.error().text()};
  return last_;
}

bool Brake::holds_up_others(int pid) {
  if (!session_) return false;
  const auto waiting = session_(Deadline::in(time_to_look)).and_then([&](postgres::Connection* session) {
    return waiting_for(*session, pid, Deadline::in(time_to_look));
  });
  return waiting && *waiting > 0;
}

}  // namespace pgcleave::data
