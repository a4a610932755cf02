#include "conversation/exchange.h"
#include "fence/canary.h"
#include "postgres/following.h"
#include "postgres/replication.h"
#include "postgres/wal.h"

namespace pgcleave::conversation {
namespace {

using fence::Owner;

const std::string name = "pgcleave_talk";

class Promotion {
 public:
  Promotion(world::World& world, Transcript& told)
      : world_(world), told_(told), canary_(fence::canary_of(world.split.name, Owner::source)) {}

  void run() {
    auto& source = **world_.source.leader(soon());
    keep_the_slot();
    told_.ordered("switch: create a slot before the promotion", postgres::create_logical_slot(source, name, soon()));
    told_.ordered("switch: create a publication",
                  postgres::create_publication(source, name, {{canary_}, true}, soon()));
    promote();
    release_xmin();
    subscribe();
    closed_and_opened();
    end();
    follow_again();
    clean_up();
  }

 private:
  postgres::Connection& on(world::Side& side) { return **side.leader(soon()); }
  bool in_recovery() {
    auto leader = world_.target.leader(soon());
    if (!leader) return false;
    const auto seen = postgres::recovery(**leader, soon());
    return seen && seen->in_recovery;
  }

  // Patroni drops a slot that it does not know as soon as nobody reads it, in its next round (3.0.2).
  void keep_the_slot() {
    auto& patroni = world_.source.patroni();
    const auto config = patroni.config(soon());
    rules_ = config ? config->value("ignore_slots", Json()) : Json();
    auto rules = rules_.is_array() ? rules_ : Json::array();
    rules.push_back({{"name", name}, {"type", "logical"}});
    told_.ordered("patroni: leave the slot alone", patroni.patch_config({{"ignore_slots", std::move(rules)}}, soon()));
  }

  void promote() {
    auto& patroni = world_.target.patroni();
    told_.asked("patroni: what is in the way of a promotion", patroni.obstacles_to_promotion(soon()),
                [](const auto& obstacles) { return std::to_string(obstacles.size()); });
    const auto config = patroni.config(soon());
    standby_cluster_ = config->at("standby_cluster");
    told_.add("patroni: the target has a standby_cluster", yes(standby_cluster_.is_object()));
    on(world_.target);
    told_.ordered("patroni: warm", patroni.warm(soon()));
    told_.ordered("patroni: PATCH standby_cluster away, with a mark",
                  patroni.patch_config({{"standby_cluster", nullptr}, {"pgcleave", {{"run", "talk"}}}}, soon()));
    told_.add("patroni: 200 is stored, not promoted: still in recovery", yes(in_recovery()));
    told_.add("patroni: writable within seconds, on the same connection",
              comes_true(std::chrono::seconds(20), [&] { return !in_recovery(); }));
    told_.add("patroni: the mark shows", comes_true(std::chrono::seconds(5), [&]() -> bool {
                const auto now = patroni.config(soon());
                return now && now->contains("pgcleave") && !now->contains("standby_cluster");
              }));
    told_.asked("promoted: what is in the way of another promotion", patroni.obstacles_to_promotion(soon()),
                [](const auto& obstacles) { return obstacles.empty() ? "nothing" : "something"; });
    const auto branch = postgres::branch(on(world_.target), soon());
    told_.asked("promoted: its timeline branched off where it had replayed", branch,
                [](const auto& seen) { return yes(seen.at.has_value() && seen.replayed == seen.at); });
    if (branch && branch->at) branched_ = *branch->at;
    told_.asked("promoted: the owner was copied", fence::owner(on(world_.target), world_.split.name, soon()),
                [](const auto& owner) { return owner ? fence::name_of(*owner) : "not installed"; });
    told_.asked("promoted: it receives", postgres::receiving(on(world_.target), soon()),
                [](const std::string& seen) { return seen; });
    told_.ordered("promoted: release the copy", fence::pass_ownership(on(world_.target), world_.split.name,
                                                                      Owner::source, Owner::nobody, "d", 4, soon()));
  }

  void release_xmin() {
    const auto followed_by = standby_cluster_.at("primary_slot_name").get<std::string>();
    const auto seen = [&] { return postgres::slot(on(world_.source), followed_by, soon()); };
    told_.add("vacuum: the slot that it followed by is not in use any more",
              comes_true(std::chrono::seconds(5), [&]() -> bool {
                const auto slot = seen();
                return slot && *slot && !(*slot)->active;
              }));
    const auto holds = [](const auto& slot) { return yes(slot && slot->keeps_from_vacuum); };
    told_.asked("vacuum: it holds an xmin", seen(), holds);
    told_.ordered("vacuum: make it anew", postgres::renew_physical_slot(on(world_.source), followed_by, soon()));
    told_.asked("vacuum: it holds an xmin then", seen(), holds);
  }

  bool arrives(const std::string& token, Duration patience) {
    return std::string(comes_true(patience, [&]() -> bool {
             return fence::canary_arrived(on(world_.target), canary_, token, soon()).value_or(false);
           })) == "yes";
  }

  void subscribe() {
    auto& target = on(world_.target);
    told_.ordered("link: subscribe from where it branched off",
                  postgres::create_subscription(target,
                                                {name, name, name, world_.source.replication_conninfo(soon()).value(),
                                                 world_.source.access().replication.password, branched_},
                                                soon()));
    told_.asked("link: subscribed, and disabled", postgres::subscription(target, name, soon()),
                [](const auto& seen) { return yes(seen && !seen->enabled && !seen->worker); });
    told_.ordered("link: write a canary", fence::write_canary(on(world_.source), canary_, "early", soon()));
    told_.add("link: disabled, it brings nothing", yes(!arrives("early", std::chrono::milliseconds(300))));
    told_.ordered("link: enable", postgres::enable_subscription(target, name, soon()));
    told_.add("link: enabled, it brings what came before", yes(arrives("early", std::chrono::seconds(15))));
    const auto lsn = postgres::capture_lsn(on(world_.source), canary_, "position", soon());
    told_.ordered("link: capture an LSN", lsn);
    told_.add("link: it is applied", comes_true(std::chrono::seconds(10), [&]() -> bool {
                const auto applied = postgres::applied(on(world_.target), name, true, soon());
                return applied && *applied >= *lsn;
              }));
    told_.asked("link: a worker runs", postgres::subscription(target, name, soon()),
                [](const auto& seen) { return yes(seen && seen->worker); });
    told_.asked("link: its slot is in use", postgres::slot(on(world_.source), name, soon()),
                [](const auto& seen) { return yes(seen && seen->active); });
  }

  void closed_and_opened() {
    auto& source = on(world_.source);
    told_.ordered("closed: close the publication", postgres::open_publication(source, name, false, soon()));
    told_.ordered("closed: write a canary", fence::write_canary(source, canary_, "closed", soon()));
    const auto lsn = postgres::capture_lsn(source, canary_, "unseen", soon());
    told_.add("closed: it does not come", yes(!arrives("closed", std::chrono::milliseconds(300))));
    const auto applied = postgres::applied(on(world_.target), name, false, soon());
    told_.add("closed: the origin does not pass a position of which nothing is sent",
              yes(lsn && applied && *applied < *lsn));
    told_.ordered("closed: open it again", postgres::open_publication(source, name, true, soon()));
    told_.ordered("opened: write a canary", fence::write_canary(source, canary_, "opened", soon()));
    told_.add("opened: it comes", yes(arrives("opened", std::chrono::seconds(10))));
    told_.add("opened: what was written while it was closed never does",
              yes(!arrives("closed", std::chrono::milliseconds(100))));
  }

  void end() {
    auto& target = on(world_.target);
    told_.ordered("end: a slot on the promoted side", postgres::create_logical_slot(target, name, soon()));
    told_.ordered("end: drop the subscription", postgres::drop_subscription(target, name, soon()));
    told_.ordered("end: drop it again", postgres::drop_subscription(target, name, soon()));
    told_.asked("end: applied", postgres::applied(target, name, false, soon()), [](Lsn) { return "a position"; });
    told_.ordered("end: drop the slot", postgres::drop_slot(on(world_.source), name, soon()));
    told_.ordered("end: drop the publication", postgres::drop_publication(on(world_.source), name, soon()));
  }

  void follow_again() {
    told_.ordered("follow: CHECKPOINT", postgres::checkpoint(on(world_.target), soon()));
    told_.ordered(
        "follow: PATCH standby_cluster back",
        world_.target.patroni().patch_config({{"standby_cluster", standby_cluster_}, {"pgcleave", nullptr}}, soon()));
    told_.add("follow: it streams within a minute", comes_true(std::chrono::seconds(60), [&]() -> bool {
                auto leader = world_.target.leader(Deadline::in(std::chrono::seconds(2)));
                if (!leader || !in_recovery()) return false;
                const auto receives = postgres::receiving(**leader, soon());
                return receives && *receives == "streaming";
              }));
    told_.asked("follow: the slot that it had is gone", postgres::slot(on(world_.target), name, soon()),
                [](const auto& seen) { return yes(!seen.has_value()); });
    told_.asked("follow: so is what it did to its owner", fence::owner(on(world_.target), world_.split.name, soon()),
                [](const auto& owner) { return owner ? fence::name_of(*owner) : "not installed"; });
  }

  void clean_up() {
    told_.ordered("end: the slots that Patroni leaves alone, as before",
                  world_.source.patroni().patch_config({{"ignore_slots", rules_}}, soon()));
    told_.ordered("end: uninstall", fence::uninstall(on(world_.source), world_.fence(), soon()));
    told_.asked("end: the owner", fence::owner(on(world_.source), world_.split.name, soon()),
                [](const auto& owner) { return owner ? fence::name_of(*owner) : "not installed"; });
  }

  world::World& world_;
  Transcript& told_;
  postgres::TableName canary_;
  Json standby_cluster_;
  Json rules_;
  Lsn branched_;
};

}  // namespace

void talk_of_promotion(world::World& world, Transcript& told) {
  Promotion(world, told).run();
}

}  // namespace pgcleave::conversation
