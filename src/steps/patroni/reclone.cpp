#include "steps/patroni/reclone.h"

#include <algorithm>

#include "base/format.h"
#include "base/process.h"
#include "base/units.h"
#include "postgres/following.h"
#include "postgres/identity.h"
#include "postgres/wal.h"

namespace pgcleave::steps {
namespace {

bool is_allowed(Context& context) {
  return context.with.value("reclone", std::string("when_needed")) != "never";
}

std::string next_step(Context& context, Side& cluster) {
  auto& world = context.world;
  const auto resume = "pgcleave resume " + world.run.id + " -e " + world.environment.path;
  if (is_allowed(context)) {
    return fmt::format(
        "name a program that clones its members anew: {}: {{reclone: [PROGRAM, ARGUMENT...]}} in {} "
        "(docs/runbook-language.md says what it "
        "must do); then: {}",
        cluster.name(), world.environment.path, resume);
  }
  return fmt::format(
      "this step says reclone: never. Clone it by hand: stop Patroni on its members, empty their data folders, remove "
      "the initialize and "
      "leader keys of {0} from the DCS, put standby_cluster back (patronictl edit-config {0}), start Patroni; then: "
      "{1}",
      cluster.access().scope, resume);
}

std::optional<Error> gone(Context& context, Side& cluster, Side& from, Lsn needed, Lsn oldest) {
  if (oldest <= needed) return {};
  return Error{ErrorKind::not_ready,
               cluster.label(),
               "can't be rewound: WAL from before the promotion is gone from " + from.label(),
               "WAL from the common checkpoint " + needed.text(),
               "oldest WAL " + oldest.text(),
               next_step(context, cluster),
               ""};
}

// Patroni rewinds a member whose timeline is higher than its upstream's. With the same number, or a lower one, it takes
// the upstream's history for its own (_check_timeline_and_lsn, 3.0.2), and the member waits for ever for WAL that fits.
// So it is when the upstream has failed over since.
Result<std::optional<Error>> mistaken_timeline(Context& context, Side& cluster, postgres::Connection& here, Side& from,
                                               postgres::Connection& there) {
  TRY_ASSIGN(const auto own, postgres::identify(here, context.deadline.for_one_read()));
  TRY_ASSIGN(const auto upstream, postgres::identify(there, context.deadline.for_one_read()));
  if (own.timeline > upstream.timeline) return std::optional<Error>();
  return std::optional(Error{
      ErrorKind::not_ready, cluster.label(),
      fmt::format("can't be rewound: {} has failed over since the promotion, and Patroni would take its timeline for "
                  "this cluster's own",
                  from.label()),
      fmt::format("a timeline higher than {}", upstream.timeline), fmt::format("timeline {}", own.timeline),
      fmt::format("each switchover within the cluster raises its timeline by one: patronictl switchover {}; or: {}",
                  cluster.access().scope, next_step(context, cluster)),
      ""});
}

// Its leader while it is not rewound yet; null also when it can't be asked.
postgres::Connection* still_promoted(Context& context, Side& cluster) {
  const auto leader = cluster.leader(context.deadline.for_one_read());
  if (!leader) return nullptr;
  const auto recovery = postgres::recovery(**leader, context.deadline.for_one_read());
  return recovery && !recovery->in_recovery ? *leader : nullptr;
}

}  // namespace

Result<std::optional<Error>> missing_for_rewind(Context& context, Side& cluster, const std::string& common_checkpoint) {
  auto& upstream = context.world.other(cluster);
  TRY_ASSIGN(auto* upstream_leader, upstream.leader(context.deadline.for_one_read()));
  auto* promoted = still_promoted(context, cluster);
  if (promoted != nullptr) {
    TRY_ASSIGN(auto mistaken, mistaken_timeline(context, cluster, *promoted, upstream, *upstream_leader));
    if (mistaken) return mistaken;
  }
  const auto needed = parse_lsn(common_checkpoint);
  if (!needed) return std::optional<Error>();
  TRY_ASSIGN(const auto there, postgres::oldest_wal(*upstream_leader, context.deadline.for_one_read()));
  if (auto error = gone(context, cluster, upstream, *needed, there)) return error;
  // Its own WAL matters only until it is rewound.
  if (promoted == nullptr) return std::optional<Error>();
  TRY_ASSIGN(const auto here, postgres::oldest_wal(*promoted, context.deadline.for_one_read()));
  return gone(context, cluster, cluster, *needed, here);
}

const std::vector<std::string>& reclone_program(Context& context, Side& cluster) {
  static const std::vector<std::string> none;
  return is_allowed(context) ? cluster.access().reclone : none;
}

std::string shown(const std::vector<std::string>& program) {
  std::string text;
  for (const auto& word : program) {
    const bool plain =
        word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:@%+,") ==
        std::string::npos;
    text += (text.empty() ? "" : " ") + (plain && !word.empty() ? word : Shell::quote(word));
  }
  return text;
}

Result<void> reclone(Context& context, Side& cluster) {
  Command command;
  command.argv = reclone_program(context, cluster);
  TRY_ASSIGN(const auto finished, run_command(command, context.deadline, context.stop));
  if (finished.exit_code == 0) return {};
  constexpr std::size_t most = 2000;  // its end says what went wrong
  const auto& all = finished.output;
  return fail(
      {ErrorKind::failed, cluster.label(), "could not be cloned anew: " + shown(command.argv), "exit code 0",
       fmt::format("exit code {}: {}", finished.exit_code, all.size() > most ? all.substr(all.size() - most) : all),
       "put right what its output says; then: pgcleave resume " + context.world.run.id + " -e " +
           context.world.environment.path,
       ""});
}

Result<std::optional<std::string>> copy_under_way(Context& context, Side& upstream) {
  TRY_ASSIGN(auto* leader, upstream.leader(context.deadline.for_one_read()));
  TRY_ASSIGN(const auto backup, postgres::base_backup(*leader, context.deadline.for_one_read()));
  if (!backup) return std::optional<std::string>();
  if (backup->total.count <= 0) return upstream.label() + " sends a base backup: " + to_text(backup->streamed);
  const auto percent = std::min<std::int64_t>(100, backup->streamed.count * 100 / backup->total.count);
  return fmt::format("{} sends a base backup: {} of {} ({} %)", upstream.label(), to_text(backup->streamed),
                     to_text(backup->total), percent);
}

}  // namespace pgcleave::steps
