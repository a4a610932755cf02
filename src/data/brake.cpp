#include "data/brake.h"

namespace pgcleave::data {
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
