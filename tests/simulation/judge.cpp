#include "judge.h"

#include <algorithm>

#include "base/format.h"

namespace pgcleave::simulation {
namespace {

using fence::Owner;

constexpr Duration long_enough = std::chrono::seconds(17);  // a stall of server_login_retry ends within it

class Judgement {
 public:
  Judgement(std::string outcome, bool rollback_path) : outcome_(std::move(outcome)), rollback_path_(rollback_path) {}

  std::vector<std::string> who_serves() {
    wrong_ = all_.history.violations;
    one_side_serves();
    clients_are_served();
    every_acknowledged_write_is_there_once();
    return wrong_;
  }

  std::vector<std::string> run() {
    who_serves();
    if (outcome_ == "done" || outcome_ == "rollback_undone") split();
    if (outcome_ == "undone") as_before();
    if (outcome_ == "undone" || outcome_ == "rolled_back") standby_again();
    return wrong_;
  }

 private:
  template <class... Arguments>
  void expect(bool holds, fmt::format_string<Arguments...> text, Arguments&&... arguments) {
    if (!holds) wrong_.push_back(fmt::format(text, std::forward<Arguments>(arguments)...));
  }

  [[nodiscard]] bool target_should_serve() const { return outcome_ == "done" || outcome_ == "rollback_undone"; }
  [[nodiscard]] Server& serving() const { return target_should_serve() ? all_.target : all_.source; }

  void one_side_serves() {
    const bool source = all_.source.lets_write(moved_table());
    const bool target = all_.target.lets_write(moved_table());
    expect(source != target, "{} serves", source ? "each side" : "no side");
    expect(target == target_should_serve(), "the run is {}, but the {} serves", outcome_, target ? "target" : "source");
    for (const auto& bouncer : all_.bouncers) {
      expect(bouncer.lets_clients_go(), "{} keeps its clients waiting", bouncer.name);
      expect(bouncer.route.port == serving().port, "{} leads to port {}", bouncer.name, bouncer.route.port);
      expect(bouncer.file == bouncer_file({"127.0.0.1", serving().port}), "the file of {} says otherwise",
             bouncer.name);
      expect(
          bouncer.server_login_retry != "0" && bouncer.max_db_connections != "1" && bouncer.reserve_pool_timeout != "0",
          "{} was not given its settings back", bouncer.name);
    }
  }

  void clients_are_served() {
    const auto before = all_.history.acknowledged.empty() ? 0 : all_.history.acknowledged.rbegin()->first;
    all_.advance(long_enough);
    for (const auto& client : all_.clients) {
      if (client.bouncer < 0) continue;
      expect(client.served > before, "clients behind {} are not served",
             all_.bouncers[static_cast<std::size_t>(client.bouncer)].name);
      expect(client.stage != Stage::waiting, "clients behind {} wait",
             all_.bouncers[static_cast<std::size_t>(client.bouncer)].name);
    }
  }

  void every_acknowledged_write_is_there_once() {
    const auto& rows = serving().db.rows;
    std::vector<WriteId> stored;
    stored.reserve(rows.size());
    for (const auto& [key, id] : rows) stored.push_back(id);
    std::sort(stored.begin(), stored.end());
    auto there = stored.begin();  // acknowledged ones ascend too
    for (const auto& [id, side] : all_.history.acknowledged) {
      there = std::lower_bound(there, stored.end(), id);
      const auto times = std::upper_bound(there, stored.end(), id) - there;
      if (times == 0 && !given_up(side) && !all_.history.lost_by_failover.contains(id)) {
        expect(false, "write {}, acknowledged by the {}, is lost", id, fence::name_of(side));
        break;
      }
      if (times <= 1) continue;
      expect(false, "write {} is there {} times", id, times);
      break;
    }
  }

  // A rollback without reverse replication gives up what the target took.
  [[nodiscard]] bool given_up(Owner side) const {
    return !rollback_path_ && side == Owner::target && !target_should_serve();
  }

  void split() {
    expect(!all_.target.db.subscriptions.contains("pgcleave_ci_forward"), "forward replication was left");
    if (!rollback_path_) return;
    const auto back = all_.source.db.subscriptions.find("pgcleave_ci_reverse");
    expect(back != all_.source.db.subscriptions.end() && back->second.enabled, "there is no reverse replication");
    if (back != all_.source.db.subscriptions.end()) expect(back->second.errors == 0, "reverse replication broke");
    std::vector<WriteId> there;
    for (const auto& [key, id] : all_.source.db.rows) there.push_back(id);
    std::sort(there.begin(), there.end());
    // What the last milliseconds brought is on its way.
    const auto settled = all_.last_write - 40;
    for (const auto& [id, side] : all_.history.acknowledged) {
      if (id > settled || std::binary_search(there.begin(), there.end(), id)) continue;
      expect(false, "write {}, acknowledged by the {}, never came back to the source", id, fence::name_of(side));
      break;
    }
  }

  void as_before() {
    const auto& db = all_.source.db;
    expect(!db.installed && db.fenced.empty(), "the fence was left on the source");
    expect(db.publications.empty(), "a publication was left on the source");
    expect(!all_.source_patroni.config.contains("ignore_slots") || all_.source_patroni.config["ignore_slots"].empty(),
           "ignore_slots was left: {}", all_.source_patroni.config.dump());
    expect(!all_.target_patroni.config.contains("ignore_slots"), "ignore_slots was left: {}",
           all_.target_patroni.config.dump());
    for (const auto& bouncer : all_.bouncers) expect(!bouncer.staged, "a staged file of {} was left", bouncer.name);
  }

  void standby_again() {
    expect(all_.target.in_recovery && all_.target.up, "the target is no standby");
    expect(all_.target_patroni.config.contains("standby_cluster"), "the target's Patroni knows of no standby_cluster");
    expect(!all_.target_patroni.config.contains("pgcleave"), "the mark of the promotion was left");
    if (outcome_ == "rolled_back")
      expect(!all_.target_patroni.replica_is_stale || is_told(), "a stale member of the target was left, and not told");
    expect(all_.source.db.subscriptions.empty(), "a subscription was left on the source");
    for (const auto& [name, slot] : all_.source.slots)
      expect(name == "ci_standby", "slot {} was left on the source", name);
    expect(all_.target.slots.empty(), "a slot was left on the target");
  }

  [[nodiscard]] bool is_told() const {
    return std::any_of(all_.journal.begin(), all_.journal.end(),
                       [](const auto& event) { return event.type == "check.missed"; });
  }

  Universe& all_ = universe();
  std::string outcome_;
  bool rollback_path_;
  std::vector<std::string> wrong_;
};

}  // namespace

std::vector<std::string> judge(const std::string& outcome, bool rollback_path) {
  return Judgement(outcome, rollback_path).run();
}

std::vector<std::string> judge_who_serves(bool rollback_path) {
  return Judgement(universe().target.lets_write(moved_table()) ? "done" : "undone", rollback_path).who_serves();
}

std::string fingerprint() {
  std::string text;
  for (const auto* server : {&universe().source, &universe().target}) {
    const auto& db = server->db;
    text += fmt::format("{} recovery={} installed={} owner={} log={} fenced={} kept={} pubs=", server->scope,
                        server->in_recovery, db.installed, static_cast<int>(db.owner), db.ownership_log.size(),
                        db.fenced.size(), db.kept_fenced.size());
    for (const auto& [name, publication] : db.publications) text += fmt::format("{}:{} ", name, publication.open);
    for (const auto& [name, subscription] : db.subscriptions)
      text += fmt::format("sub {}:{} ", name, subscription.enabled);
    for (const auto& [name, slot] : server->slots) text += fmt::format("slot {} ", name);
  }
  for (const auto& bouncer : universe().bouncers)
    text += fmt::format("{} {} {} {}", bouncer.name, bouncer.lets_clients_go(), bouncer.route.port,
                        bouncer.server_login_retry);
  return text + universe().source_patroni.config.dump() + universe().target_patroni.config.dump();
}

}  // namespace pgcleave::simulation
