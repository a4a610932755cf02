#include "conversation/exchange.h"
#include "fence/canary.h"
#include "fence/holder.h"
#include "postgres/replication.h"
#include "postgres/wal.h"

namespace pgcleave::conversation {

using fence::Owner;

void talk_of_ownership(world::World& world, Transcript& told) {
  auto& source = **world.source.leader(soon());
  auto& target = **world.target.leader(soon());
  const auto fence = world.fence();
  const auto& split = fence.split;
  const auto moved = world.split.with_rows();
  const auto owner = [&](postgres::Connection& on, const std::string& when) {
    told.asked("owner: " + when, fence::owner(on, split, soon()),
               [](const std::optional<Owner>& seen) { return seen ? fence::name_of(*seen) : "not installed"; });
  };
  const auto pass = [&](postgres::Connection& on, Owner expected, Owner next, const std::string& run, int epoch,
                        const std::string& where) {
    told.ordered(fmt::format("owner: from {} to {} by {} at epoch {}{}", fence::name_of(expected), fence::name_of(next),
                             run, epoch, where),
                 fence::pass_ownership(on, split, expected, next, run, epoch, soon()));
  };
  owner(source, "at first");
  told.ordered("owner: install", fence::install(source, fence, soon()));
  told.ordered("owner: install again", fence::install(source, fence, soon()));
  told.asked("owner: is installed", fence::is_installed(source, fence, soon()), yes);
  owner(source, "installed");
  pass(source, Owner::source, Owner::nobody, "a", 1, "");
  owner(source, "released");
  pass(source, Owner::source, Owner::nobody, "a", 1, ", again");
  pass(source, Owner::source, Owner::nobody, "b", 1, "");
  pass(source, Owner::nobody, Owner::source, "b", 2, "");
  owner(source, "given back");
  pass(source, Owner::source, Owner::nobody, "a", 1, ", frozen meanwhile");
  told.asked("owner: the highest epoch", fence::held(source, split, soon()),
             [](const auto& seen) { return std::to_string(seen.last_epoch); });
  pass(target, Owner::source, Owner::nobody, "a", 3, ", on the standby");

  const auto hold = [&](postgres::Connection& on, const std::string& run, int epoch, bool take_over,
                        const std::string& where) {
    const fence::Holder me{run, epoch, "tester@here", "here", "/journal.db", "", false};
    told.asked(fmt::format("holder: {} at epoch {}{}", run, epoch, where),
               fence::hold(on, split, me, take_over, soon()),
               [](bool signed_now) { return signed_now ? "signed" : "nothing to sign"; });
  };
  const auto held = [&](const std::string& when) {
    told.asked("holder: " + when, fence::held(source, split, soon()), [](const fence::Held& seen) {
      if (!seen.holder) return fmt::format("nobody, epoch {}", seen.last_epoch);
      return fmt::format("{}{}, epoch {}", seen.holder->run, seen.holder->over ? " is over" : "", seen.last_epoch);
    });
  };
  held("at first");
  hold(source, "b", 2, false, "");
  hold(source, "c", 2, false, ", while b holds it at that epoch");
  hold(source, "c", 3, false, ", while b holds it");
  hold(source, "c", 3, true, ", taking over");
  held("taken over");
  pass(source, Owner::source, Owner::nobody, "b", 2, ", outranked");
  hold(target, "c", 4, false, ", on the standby");
  told.asked("holder: b lets go of what it lost", fence::release_lease(source, split, "b", soon()), yes);
  held("after that");
  told.asked("holder: c lets go", fence::release_lease(source, split, "c", soon()), yes);
  told.asked("holder: c lets go on the standby", fence::release_lease(target, split, "c", soon()), yes);
  held("let go");
  hold(source, "d", 4, false, ", after c is over");

  const auto canary = fence::canary_of(split, Owner::source);
  const auto lsn = postgres::capture_lsn(source, canary, "captured", soon());
  told.ordered("wal: capture an LSN", lsn);
  told.asked("wal: the canary is there", fence::canary_arrived(source, canary, "captured", soon()), yes);
  told.add("wal: the standby replays it", comes_true(std::chrono::seconds(10), [&]() -> bool {
             const auto seen = postgres::recovery(target, soon());
             return seen && seen->in_recovery && seen->replayed >= *lsn;
           }));
  told.asked("wal: so the canary is on the standby", fence::canary_arrived(target, canary, "captured", soon()), yes);
  told.asked("wal: and another one is not", fence::canary_arrived(target, canary, "another", soon()), yes);
  owner(target, "on the standby");
  told.ordered("wal: capture on the standby", postgres::capture_lsn(target, canary, "x", soon()));
  told.ordered("wal: position of the standby's own WAL", postgres::current_lsn(target, soon()));

  const auto drift = [&](const std::vector<postgres::TableName>& wanted, const std::string& what) {
    told.asked("fence: " + what, fence::fence_drift(source, fence, wanted, soon()), [&](const fence::FenceDrift& seen) {
      const auto part = [&](std::size_t n) { return n == 0 ? "none" : n == moved.size() ? "all" : "some"; };
      return fmt::format("{} missing, {} superfluous", part(seen.missing.size()), part(seen.superfluous.size()));
    });
  };
  drift(moved, "before the triggers");
  told.ordered("fence: create triggers",
               fence::create_triggers(source, fence, moved, std::chrono::seconds(2), soon(), nullptr));
  drift(moved, "with the triggers");
  drift({}, "as superfluous");
  told.ordered("fence: uninstall while triggers need it", fence::uninstall(source, fence, soon()));
  told.ordered("fence: drop triggers",
               fence::drop_triggers(source, fence, moved, std::chrono::seconds(2), soon(), nullptr));
}

}  // namespace pgcleave::conversation
