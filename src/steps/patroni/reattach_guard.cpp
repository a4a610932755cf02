#include "steps/patroni/reattach_guard.h"

#include "base/format.h"
#include "fence/ownership.h"
#include "postgres/wal.h"

namespace pgcleave::steps {

ReattachGuard::ReattachGuard(Context& context, Side& cluster, const CountedClasses& classes, std::string given_up)
    : context_(context), cluster_(cluster), classes_(classes), accepted_(std::move(given_up)) {}

Result<void> ReattachGuard::owns_nothing(postgres::Connection& leader, bool& installed) {
  const auto& split = context_.world.split.name;
  TRY_ASSIGN(const auto owner, fence::owner(leader, split, context_.deadline.for_one_read()));
  installed = owner.has_value();
  if (owner != cluster_.which()) return {};
  return fail({ErrorKind::conflict, cluster_.label(),
               "owns the moved tables by its own owner value, so it is not made a standby: they would be lost",
               fmt::format("owner of split {}: {} or nobody", split, context_.world.other(cluster_).name()),
               cluster_.name(),
               "find out which side clients write to: pgcleave check -e " + context_.world.environment.path, ""});
}

Result<void> ReattachGuard::approved(const std::string& text, const std::string& words) {
  if (words.empty() || words == accepted_ || (put_back_ && words == rows_)) return {};
  const auto gate = "gate " + context_.step;
  const Question question{context_.step, text, words, std::chrono::minutes(15), false};
  const auto answer = context_.world.approvers.answer(question);
  if (!answer || !answer->given) {
    return fail(
        {ErrorKind::waiting, gate, fmt::format("waits for approval: {} (to approve, type: {})", text, words), words,
         answer && !answer->words.empty() ? answer->words : accepted_,
         fmt::format("copy those rows, if they are needed; to give them up: pgcleave approve {} {} --words '...'",
                     context_.world.run.id, context_.step),
         ""});
  }
  accepted_ = words;
  return {};
}

// SHARE conflicts with what INSERT, UPDATE, DELETE, COPY and TRUNCATE take, and with no reader. A session of its own:
// an error on it must not end the locks.
Result<void> ReattachGuard::hold_writers(postgres::Connection& leader) {
  holding_.reset();  // of an earlier try: the server may have been stopped since
  const auto deadline = context_.deadline.for_one_read();
  TRY_ASSIGN(const auto tables, tables_on(context_.world, cluster_, deadline));
  std::vector<std::string> names;
  for (const auto* some : {&tables.split.shared, &tables.split.kept, &tables.split.moved}) {
    for (const auto& table : *some) {
      const bool counted = some == &tables.split.shared ? classes_.shared
                           : some == &tables.split.kept ? classes_.kept
                                                        : classes_.moved;
      if (counted && table.holds_rows) names.push_back("ONLY " + table.name.sql());
    }
  }
  if (names.empty()) return {};
  TRY_ASSIGN(const auto view, cluster_.patroni().view(deadline));
  const auto* member = view.leader();
  if (member == nullptr)
    return fail({ErrorKind::not_ready, cluster_.label(), "the Patroni cluster has no leader", "", "", "", ""});
  auto settings = cluster_.settings_for(member->host, member->port, member->name);
  settings.values["application_name"] = "pgcleave holds writers";  // known to postgres::writes()
  TRY_ASSIGN(auto session, postgres::Connection::open(settings, deadline));
  if (session.address() != leader.address()) {
    return fail({ErrorKind::not_ready, cluster_.label(), "another member leads than a moment ago", leader.address(),
                 session.address(), "try again", ""});
  }
  const auto locked = session.simple(
      fmt::format("BEGIN; SET LOCAL lock_timeout TO '5s'; LOCK TABLE {} IN SHARE MODE", fmt::join(names, ", ")),
      context_.deadline.or_earlier(Deadline::in(std::chrono::minutes(1))));
  if (!locked) {
    auto error = locked.error();
    error.hint =
        "somebody writes tables there that are lost with it: end those transactions (pg_stat_activity), then try again";
    return fail(error);
  }
  holding_.emplace(std::move(session));
  return {};
}

Result<void> ReattachGuard::follows_now(postgres::Connection& leader) {
  TRY(hold_writers(leader));
  TRY(may_follow(leader));
  put_back_ = true;
  return {};
}

Result<void> ReattachGuard::may_follow(postgres::Connection& leader) {
  bool installed = false;
  TRY(owns_nothing(leader, installed));
  auto classes = classes_;
  classes.moved = classes.moved || !installed;  // nothing kept clients from writing them
  TRY_ASSIGN(auto writes, settled_discarded_writes(context_, cluster_, classes, counters_settle_within));
  auto rows = writes;
  rows.uncounted.clear();
  // What can't be counted any more was lost by what an earlier look has allowed: a rewind that a late promotion
  // interrupted.
  if (put_back_ && writes.words() != accepted_) writes = rows;
  TRY(approved(
      fmt::format("making {} a standby again gives up what only it has: {}", cluster_.label(), writes.text(cluster_)),
      writes.words()));
  if (!put_back_) rows_ = rows.words();
  if (!writes.nothing()) seen_ = writes.summary();
  proven_ = true;
  return {};
}

Result<void> ReattachGuard::may_be_cloned() {
  if (proven_) return {};
  std::string why;
  if (const auto leader = cluster_.leader(context_.deadline.for_one_read()); !leader) {
    why = "it can't be read whether it owns the moved tables or has rows of its own: " + leader.error().text();
  } else {
    TRY_ASSIGN(const auto recovery, postgres::recovery(**leader, context_.deadline.for_one_read()));
    if (!recovery.in_recovery) return follows_now(**leader);
    bool installed = false;
    TRY(owns_nothing(**leader, installed));
    why = "it is in recovery and does not follow, so it can't be read whether it has rows of its own";
  }
  TRY(approved(fmt::format("cloning {} anew destroys what it has, and {}", cluster_.label(), why),
               fmt::format("give up all of {} unread", cluster_.label())));
  seen_ = "what " + cluster_.label() + " had, which could not be read";
  return {};
}

}  // namespace pgcleave::steps
