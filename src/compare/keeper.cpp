#include "compare/keeper.h"

#include "base/counted.h"
#include "base/format.h"

namespace pgcleave::compare {
namespace {

constexpr auto nap = std::chrono::milliseconds(500);

// It need not be on disk at once: what is lost is read again.
constexpr const char* for_small_changes =
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE; SET search_path TO "
    "pg_catalog; SET synchronous_commit TO off; SET lock_timeout TO '5s'; SET statement_timeout TO 0";

Deadline soon() {
  return Deadline::in(data::short_request);
}

std::string resume_command(const std::string& id) {
  return "pgcleave compare --resume " + id;
}

Error row_is_gone(const data::Lease& lease) {
  return {
      ErrorKind::conflict, "comparison " + lease.id, "its row in pgcleave.jobs is gone, or another's", "", "", "", ""};
}

Result<postgres::Connection> opened(const Request& request) {
  TRY_ASSIGN(auto session, request.original(Deadline::in(request.patience.to_connect)));
  TRY(session.simple(for_small_changes, soon()));
  return session;
}

}  // namespace

void Keeper::say(const std::string& text) const {
  if (request_.say) request_.say(text);
}

Result<Kept> Keeper::claimed(postgres::Connection& session) {
  const auto& keeping = *request_.keeping;
  if (!keeping.resume) return begin_keeping(session, keeping, request_.tables, request_.parents, soon());
  const auto until = Deadline::in(keeping.patience);
  while (true) {
    auto kept = resume_keeping(session, keeping, soon());
    if (kept || kept.error().kind != ErrorKind::held || until.passed()) return kept;
    if (!sleep_until(until, nap, request_.patience.stop)) return fail(gave_up("the comparison is free", true));
  }
}

Result<void> Keeper::begin() {
  if (!request_.keeping) return {};
  auto session = opened(request_);
  auto kept = session ? claimed(*session) : Result<Kept>(fail(session.error()));
  if (kept) {
    session_.emplace(std::move(*session));
    lease_ = kept->lease;
    for (auto& table : kept->tables) {
      if (table.state.parent)
        parents_.push_back(table.name);
      else
        found_.push_back(std::move(table));
    }
    return tell_begun();
  }
  if (request_.keeping->resume || kept.error().kind == ErrorKind::interrupted) return fail(kept.error());
  keep_nothing(kept.error().text());
  return {};
}

Result<void> Keeper::tell_begun() {
  const auto& keeping = *request_.keeping;
  if (!keeping.resume) {
    TRY_ASSIGN(const auto open, open_comparisons(*session_, keeping.definition, soon()));
    for (const auto& id : open) {
      if (id != lease_->id) say(fmt::format("comparison {} is not over; go on with it: {}", id, resume_command(id)));
    }
    say(fmt::format("comparison {}; how far it is lies in pgcleave.jobs on {}", lease_->id, request_.labels.original));
    return {};
  }
  std::int64_t rows = 0;
  std::size_t keys = 0;
  for (const auto& table : found_) {
    rows += table.state.rows;
    keys += table.keys.size();
  }
  say(
      fmt::format("goes on with comparison {}: {}, {} rows are compared; {} that were not the same are judged "
                  "again at the end",
                  lease_->id, counted(found_.size(), "table"), rows, keys));
  return {};
}

std::optional<data::Lease> Keeper::lease() {
  const std::lock_guard lock(mutex_);
  return lease_;
}

void Keeper::keep_nothing(const std::string& why) {
  lease_.reset();
  say("it can't be resumed, held or paced: " + why);
}

// After a failover the row may be gone: a claim would make another one, without its tables.
Result<postgres::Connection*> Keeper::session() {
  if (session_ && session_->alive()) return &*session_;
  TRY_ASSIGN(auto another, opened(request_));
  TRY_ASSIGN(const auto job, data::read_job(another, lease_->id, soon()));
  if (!job || job->over) return fail(row_is_gone(*lease_));
  TRY_ASSIGN(const auto now,
             data::claim(another, {job->id, job->table, job->definition}, job->runner, lease_->epoch, false, soon()));
  lease_->epoch = now.epoch;
  session_.emplace(std::move(another));
  return &*session_;
}

Result<void> Keeper::keep_now(Queue& queue) {
  const auto change = queue.change();
  TRY_ASSIGN(auto* primary, session());
  TRY_ASSIGN(const bool ours, compare::keep(*primary, *lease_, change.change, soon()));
  if (!ours) {
    if (const auto wish = read_wish(*primary, *lease_, soon()); !wish) queue.give_up(wish.error());
    return fail(row_is_gone(*lease_));
  }
  queue.was_kept(change);
  failed_.clear();
  return {};
}

// Whoever stops it wants it to be kept all the same.
void Keeper::keep(Queue& queue) {
  const HeededStop none(nullptr);
  const std::lock_guard lock(mutex_);
  if (!lease_ || !queue.has_changed()) return;
  const auto kept = keep_now(queue);
  if (kept) return;
  if (kept.error().kind == ErrorKind::conflict) return keep_nothing(kept.error().text());
  if (kept.error().kind == ErrorKind::held) queue.give_up(kept.error());
  const auto why = kept.error().text();
  if (why != failed_) say("how far it is could not be kept, trying again: " + why);
  failed_ = why;
}

void Keeper::end(Queue& queue, const std::string& why) {
  if (!why.empty()) keep(queue);
  const HeededStop none(nullptr);
  const std::lock_guard lock(mutex_);
  if (!lease_) return;
  const auto primary = session();
  const auto ended = !primary      ? Result<void>(fail(primary.error()))
                     : why.empty() ? remove_kept(**primary, *lease_, soon())
                                   : data::release(**primary, *lease_, false, why, soon());
  if (!ended) say("what is kept of it could not be closed: " + ended.error().text());
  if (!why.empty()) say("it stopped before its end; go on with: " + resume_command(lease_->id));
}

}  // namespace pgcleave::compare
