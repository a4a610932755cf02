// RESUME of one process and, where its file has another route, the RELOAD that puts it in force: together with RESUME
// where a pool size of 0 holds the clients, and before it where the pause of the process does (holding.cpp).
//
// With several pools of the fleet in one process the one that acts for them is told last, so that its RELOAD meets no
// pool that is paused.
//
// Where nothing can hold clients, or would hold clients of other databases too, RELOAD comes right before RESUME: the
// shorter the time between them, the fewer meet in it.
#include <algorithm>
#include <utility>

#include "base/format.h"
#include "pgbouncer/bouncer.h"

namespace pgcleave::pgbouncer {
namespace {

constexpr Duration time_for_a_route = std::chrono::seconds(1);

}  // namespace

void Bouncer::prepare_reload(Deadline deadline) {
  taking_.reset();
  stays_paused_.reset();
  process_held_ = false;
  if (!acts_on_process()) return;
  if (const auto way = apply_route(deadline); !way) stays_paused_ = way.error();
}

Result<void> Bouncer::apply_route(Deadline deadline) {
  TRY(open_consoles(deadline));
  if (!due_) {
    TRY_ASSIGN(const auto file, config(deadline));
    TRY_ASSIGN(own_pool_size_, any_own_pool_size(file));
    RouteOf routes;
    for (const auto& database : databases_) {
      TRY_ASSIGN(routes[database], file.route(database));
    }
    due_ = routes;
  }
  TRY_ASSIGN(const auto seen, pools(deadline));
  if (are_in_force(*due_, seen)) return {};
  // A RELOAD that has been answered shows its route at once: whoever lacks it must not hold up the others, which wait
  // for this.
  const auto soon = deadline.or_earlier(Deadline::in(time_for_a_route));
  const bool all_paused = std::all_of(seen.begin(), seen.end(), [](const auto& pool) { return pool.second.paused; });
  const auto how = all_paused ? hold(deadline) : Hold::none;
  if (how == Hold::process) return reload_under_hold(soon);
  if (how == Hold::none) {
    TRY(open_consoles(deadline));
    return put_in_force(*due_, soon);
  }
  taking_ = due_;
  return {};
}

void Bouncer::begin_resume(bool at_file) {
  if (!at_file) {
    taking_.reset();
    stays_paused_.reset();
    process_held_ = false;
  }
  if (at_file && acting_ != nullptr) stays_paused_ = acting_->stays_paused_;
  if (stays_paused_) return;
  if (command_ && command_->busy())
    command_.reset();  // its PAUSE will never be answered once this RESUME is done (issue 715)
  const auto sent = [&] {
    return process_held_ ? watch_->begin_resume_process() : watch_->begin_resume(spec_.database);
  };
  resume_sent_ = watch_ && watch_->alive() && sent();
  reload_sent_ = resume_sent_ && taking_ && command_ && command_->alive() && command_->begin_reload();
}

Result<void> Bouncer::resume(Deadline deadline) {
  if (stays_paused_) return fail(*std::exchange(stays_paused_, {}));
  const bool sent = std::exchange(resume_sent_, false);
  if (!sent && (!watch_ || !watch_->alive())) TRY(open_consoles(deadline));
  if (sent && process_held_) {
    TRY(watch_->finish_resume_process(deadline));
  } else {
    TRY(sent ? watch_->finish_resume(spec_.database, deadline) : watch_->resume(spec_.database, deadline));
    TRY(resume_process(deadline));
  }
  due_.reset();
  return taking_ ? resume_pool(deadline) : Result<void>();
}

// The RELOAD has done its work when it is answered: this thread has other bouncers' answers to take. A route that does
// not show then is looked for by settle().
Result<void> Bouncer::resume_pool(Deadline deadline) {
  const auto reloaded = [&]() -> Result<void> {
    if (std::exchange(reload_sent_, false)) return command_->finish_reload(deadline);
    TRY(open_consoles(deadline));
    return command_->reload(deadline);
  }();
  if (!reloaded) {
    pause_again();
    return reloaded;
  }
  reloaded_ = true;
  const auto seen = pools(deadline.for_one_read());
  if (!seen || !are_in_force(*taking_, *seen)) unsettled_ = taking_;
  return {};
}

void Bouncer::pause_again() {
  if (command_ && command_->alive() && !command_->busy()) static_cast<void>(command_->begin_pause(spec_.database));
}

Result<void> Bouncer::settle(Deadline deadline) {
  if (!unsettled_) return {};
  const auto route = *std::exchange(unsettled_, {});
  const auto there = [&]() -> Result<void> {
    TRY(hold_back_logins(deadline));  // RELOAD has undone it
    return see_in_force(route, deadline);
  }();
  if (!there) pause_again();
  return there;
}

}  // namespace pgcleave::pgbouncer
