#include "data/build_session.h"

#include "base/format.h"
#include "data/seen_index.h"

namespace pgcleave::data {
namespace {

constexpr auto time_to_ask = std::chrono::seconds(5);
constexpr auto time_to_cancel = std::chrono::seconds(30);
constexpr auto between_looks_at_build = std::chrono::seconds(1);
constexpr auto polite_nap = std::chrono::milliseconds(500);
constexpr const char* lock_not_available = "55P03";
constexpr const char* deadlock_detected = "40P01";

}  // namespace

Result<postgres::Connection*> BuildSession::watcher() {
  if (!watcher_ || !watcher_->alive()) {
    TRY_ASSIGN(auto opened, around_.open(around_.deadline.or_earlier(Deadline::in(time_to_ask))));
    watcher_.emplace(std::move(opened));
  }
  return &*watcher_;
}

Result<postgres::Connection*> BuildSession::worker() {
  if (worker_ && worker_->alive()) return &*worker_;
  const auto soon = Deadline::in(time_to_ask);
  TRY_ASSIGN(auto opened, around_.open(soon));
  std::string settings = "SET statement_timeout TO 0; SET lock_timeout TO 0; SET idle_session_timeout TO 0";
  if (around_.memory.count > 0)
    settings += fmt::format("; SET maintenance_work_mem TO '{}kB'", around_.memory.count / 1024);
  if (!around_.settings.empty()) settings += "; " + around_.settings;
  if (around_.workers >= 0) settings += fmt::format("; SET max_parallel_maintenance_workers TO {}", around_.workers);
  TRY(opened.simple(settings, soon));
  TRY_ASSIGN(const auto pid, opened.query("SELECT pg_catalog.pg_backend_pid() AS pid", {}, soon));
  worker_pid_ = static_cast<int>(pid.number(0, "pid"));
  worker_.emplace(std::move(opened));
  return &*worker_;
}

Result<postgres::Rows> BuildSession::run(const std::string& sql) {
  TRY(rest(Duration::zero()));
  TRY_ASSIGN(auto* session, worker());
  TRY(session->send(sql));
  while (true) {
    TRY_ASSIGN(const bool answered, session->answered_by(Deadline::in(between_looks_at_build)));
    if (answered) return session->receive(Deadline::in(time_to_ask));
    tell_progress();
    const auto may_go_on = rest(Duration::zero());
    if (!may_go_on) return cancelled(*session, may_go_on.error());
    const auto why = around_.hold ? around_.hold() : std::nullopt;
    if (why) return cancelled(*session, {ErrorKind::waiting, "", *why, "", "", "", ""});
  }
}

Result<postgres::Rows> BuildSession::cancelled(postgres::Connection& session, const Error& why) {
  TRY_ASSIGN(auto* beside, watcher());
  TRY(beside->query("SELECT pg_catalog.pg_cancel_backend($1::int)", {std::to_string(worker_pid_)},
                    Deadline::in(time_to_ask)));
  const auto ended = session.receive(Deadline::in(time_to_cancel));
  if (ended) return ended;
  return fail(why);
}

Result<postgres::Rows> BuildSession::run_politely(const std::string& sql, std::optional<Deadline> cleaning_up) {
  while (true) {
    TRY_ASSIGN(auto* session, watcher());
    auto done = session->simple("SET LOCAL lock_timeout TO '100ms'; " + sql, Deadline::in(time_to_cancel));
    if (done) return done;
    if (done.error().code != lock_not_available && done.error().code != deadlock_detected) return done;
    tell("waits for a lock: " + printable(done.error().what));
    if (!cleaning_up) TRY(rest(polite_nap));
    if (cleaning_up && !sleep_until(*cleaning_up, polite_nap, nullptr)) return done;
    if (cleaning_up && cleaning_up->passed()) return done;
  }
}

Result<void> BuildSession::rest(Duration nap) const {
  const bool slept = sleep_until(around_.deadline, nap, around_.stop);
  if (!slept || (around_.stop != nullptr && around_.stop->requested()))
    return fail({ErrorKind::interrupted, "", "was asked to stop", "", "", "", ""});
  if (around_.deadline.passed())
    return fail({ErrorKind::timed_out, "", "the time for the step is over", "", "", "raise its timeout", ""});
  return {};
}

// What can't be asked just now is told next time.
void BuildSession::tell_progress() {
  if (!around_.tell || Monotonic::now() < told_ + between_looks_at_build) return;
  const auto progress = watcher().and_then([&](postgres::Connection* session) -> Result<std::string> {
    if (around_.progress) return around_.progress(*session, worker_pid_);
    TRY_ASSIGN(const auto built, progress_of_session(*session, worker_pid_, Deadline::in(time_to_ask)));
    return built ? built->text() : std::string();
  });
  if (progress && !progress->empty()) tell(*progress);
}

void BuildSession::tell(const std::string& text) {
  if (!around_.tell || Monotonic::now() < told_ + between_looks_at_build) return;
  told_ = Monotonic::now();
  around_.tell(text);
}

}  // namespace pgcleave::data
