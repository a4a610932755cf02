// Is it the process that a run began with, and does its pool lead to the database that is split?
#include "base/format.h"
#include "pgbouncer/bouncer.h"

namespace pgcleave::pgbouncer {
namespace {

bool differ(const std::string& expected, const std::string& seen) {
  return !expected.empty() && !seen.empty() && expected != seen;
}

std::string in_words(const ProcessId& process) {
  return fmt::format("listen_port {}, unix_socket_dir {}", process.listen_port, process.unix_socket_dir);
}

}  // namespace

void Bouncer::expect(ProcessId process) {
  expected_ = std::move(process);
}

Result<ProcessId> Bouncer::process(Deadline deadline) {
  TRY(open_consoles(deadline));
  return seen_process(deadline);
}

Result<ProcessId> Bouncer::seen_process(Deadline deadline) {
  TRY_ASSIGN(auto settings, watch_->settings(deadline));
  TRY_ASSIGN(const auto database, watch_->database(spec_.database, deadline));
  return ProcessId{settings["listen_port"].value, settings["unix_socket_dir"].value, database.database};
}

Result<void> Bouncer::check_expected(Deadline deadline) {
  if (!expected_) return {};
  TRY_ASSIGN(const auto seen, seen_process(deadline));
  if (differ(expected_->database, seen.database)) {
    auto out = error(ErrorKind::invalid,
                     fmt::format("its pool {} leads to another database than the one that is split", spec_.database));
    out.expected = "database " + expected_->database;
    out.seen = "database " + seen.database;
    out.hint =
        "correct postgres.dbname or the pool's database in the environment file, or the pool's dbname; nothing was "
        "changed there";
    return fail(out);
  }
  if (!differ(expected_->listen_port, seen.listen_port) && !differ(expected_->unix_socket_dir, seen.unix_socket_dir))
    return {};
  auto out = error(ErrorKind::invalid, "is not the process that the run began with");
  out.expected = in_words(*expected_);
  out.seen = in_words(seen);
  out.hint = "correct its console in the environment file; nothing was changed there";
  return fail(out);
}

}  // namespace pgcleave::pgbouncer
