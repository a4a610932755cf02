#include "app/follow.h"

#include <algorithm>

#include "app/identity.h"
#include "base/address.h"
#include "base/format.h"
#include "base/json.h"
#include "journal/journal.h"
#include "world/holding.h"
#include "world/serving.h"

namespace pgcleave::app {
namespace {

constexpr auto patience_while_following = std::chrono::seconds(10);
constexpr auto time_for_journal = std::chrono::seconds(2);
constexpr auto time_for_clients = std::chrono::seconds(3);
constexpr auto between_clients = std::chrono::milliseconds(100);

using pgbouncer::Route;

std::string in_words(const std::optional<Route>& route) {
  return route ? address_text(route->host, route->port) : "nowhere";
}

// The addresses of a side, as far as its Patroni answers.
struct Members {
  const world::Side& side;
  Result<patroni::View> view;

  [[nodiscard]] bool have(const Route& route) const {
    const auto& fixed = side.access().route;
    if (fixed.host == route.host && fixed.port == route.port) return true;
    return view && std::any_of(view->members.begin(), view->members.end(), [&](const auto& member) {
             return member.host == route.host && member.port == route.port;
           });
  }
};

class Following {
 public:
  Following(world::World& world, Deadline deadline) : world_(world), deadline_(deadline) {}

  // Nothing wanted: nothing is to be done, and `seen` says why.
  Result<void> read() {
    const auto name = who_serves();
    if (!name) return {};
    auto& side = world_.side(*name);
    seen.serves = side.label();
    TRY_ASSIGN(route_, world_.route_to(*name, deadline_));
    seen.route = in_words(route_);
    if (!side.access().route.leader) return {};
    judge(world_.fleet.routes(deadline_), side);
    if (wanted_.empty()) return {};
    const auto held = world::split_held(world_, deadline_).other_than({});
    if (!held) return {};
    for (const auto& spec : wanted_)
      seen.left.push_back(fmt::format("{}: {} holds the split", spec.name, held->text()));
    wanted_.clear();
    return {};
  }

  [[nodiscard]] const std::vector<pgbouncer::BouncerSpec>& wanted() const { return wanted_; }
  [[nodiscard]] const std::vector<std::string>& before() const { return before_; }
  [[nodiscard]] const Route& route() const { return route_; }
  Followed seen;

 private:
  std::optional<world::SideName> who_serves() {
    const auto serves = world::serving(world_, deadline_);
    const auto name = side_of(serves);
    if (!name) {
      seen.left.push_back(serves == world::Serving::unknown
                              ? "a side that has a say in who serves can't be asked"
                              : fmt::format("the databases say that {} serves", world::name_of(serves)));
      return std::nullopt;
    }
    auto& side = world_.side(*name);
    if (!world::is_standby(side, deadline_)) return name;
    seen.left.push_back(fmt::format("the leader of {} is a standby", side.label()));
    return std::nullopt;
  }

  // Asks each side once, whatever the number of bouncers.
  void judge(const std::vector<pgbouncer::Fleet::Routes>& bouncers, world::Side& side) {
    std::vector<pgbouncer::Fleet::Routes> elsewhere;
    for (const auto& bouncer : bouncers) {
      if (bouncer.file != route_ || bouncer.running != route_) elsewhere.push_back(bouncer);
    }
    if (elsewhere.empty()) return;
    auto& other = world_.other(side);
    const Members here{side, side.patroni().view(deadline_)};
    const Members there{other, other.patroni().view(deadline_)};
    // Patroni forgets a member that died: it may have been the other side's, which would then be the one that serves.
    const bool other_leads = there.view && other.leader(deadline_);
    for (const auto& bouncer : elsewhere) {
      const auto at = bouncer.file == route_ ? bouncer.running : bouncer.file;
      const auto why = why_left(bouncer, at, here, there, other_leads);
      if (why.empty()) {
        want(bouncer.name, in_words(at));
      } else {
        seen.left.push_back(fmt::format("{}: {}", bouncer.name, why));
      }
    }
  }

  // Empty: it is to be repointed.
  static std::string why_left(const pgbouncer::Fleet::Routes& bouncer, const std::optional<Route>& at,
                              const Members& here, const Members& there, bool other_leads) {
    if (!bouncer.error.empty()) return bouncer.error;
    if (bouncer.keeps_clients_waiting()) return "keeps clients waiting";
    if (!at) return "points nowhere";
    if (here.have(*at)) return "";
    if (there.have(*at)) return fmt::format("points to {}, a server of the other side", in_words(at));
    if (other_leads) return "";
    return fmt::format("points to {}, and the other side can't be asked whether that is its server", in_words(at));
  }

  void want(const std::string& bouncer, const std::string& from) {
    for (const auto& spec : world_.fleet.bouncers()) {
      if (spec.name == bouncer) wanted_.push_back(spec);
    }
    before_.push_back(fmt::format("{} from {}", bouncer, from));
  }

  world::World& world_;
  Deadline deadline_;
  Route route_;
  std::vector<pgbouncer::BouncerSpec> wanted_;
  std::vector<std::string> before_;
};

// A pool whose last login failed tries again at once while server_login_retry is 0, as repoint() leaves it.
void await_clients(const world::World& world, const std::vector<pgbouncer::BouncerSpec>& those, Deadline deadline) {
  std::vector<std::string> others;
  for (const auto& spec : world.fleet.bouncers()) {
    if (std::none_of(those.begin(), those.end(), [&](const auto& one) { return one.name == spec.name; }))
      others.push_back(spec.name);
  }
  const auto end = deadline.or_earlier(Deadline::in(time_for_clients));
  static_cast<void>(wait_until("clients get through", end, between_clients, nullptr, [&]() -> Result<bool> {
    const auto asked = world::ask_as_client(world, others, end);
    return std::all_of(asked.begin(), asked.end(), [](const auto& one) { return one.problem.empty(); });
  }));
}

Result<void> repoint(const std::vector<pgbouncer::BouncerSpec>& those, const world::World& world, const Route& route,
                     Deadline deadline) {
  pgbouncer::Fleet fleet(those);
  TRY(fleet.connect(deadline));
  TRY(fleet.stage_route(route, deadline));
  const auto repointed = fleet.repoint(route, deadline);
  if (repointed) await_clients(world, those, deadline);
  // Also where one bouncer refused: the next look finds the others at the route, and would leave them as SET.
  const auto restored = fleet.restore_settings(deadline);
  TRY(repointed);
  return restored;
}

}  // namespace

Json Followed::json() const {
  return {{"serves", serves}, {"route", route}, {"repointed", repointed}, {"left", left}};
}

Result<void> can_follow(const config::Environment& environment) {
  if (environment.source.route.leader || environment.target.route.leader) return {};
  return fail({ErrorKind::invalid, environment.path, "no route of this environment follows its leader",
               "route: leader in source or target", "two fixed addresses",
               "write route: leader; a fixed address has to follow the leader by itself", ""});
}

Result<Followed> follow_once(const std::string& journal_file, const config::Environment& environment,
                             const config::Split& split, const StopFlag* stop) {
  auto world = world::unopened_world(environment, split);
  {
    const HeededStop heeded(stop);
    Following first(world, Deadline::in(patience_while_following));
    TRY(first.read());
    if (first.wanted().empty()) return std::move(first.seen);
  }
  TRY_ASSIGN(auto journal, journal::Journal::open(journal_file, Deadline::in(time_for_journal)));
  const auto id = journal::new_id("f");
  const auto lock = journal::SplitLock::take(journal_file, split.name, id);
  // A run may have begun, or ended, since.
  const auto deadline = Deadline::in(patience_while_following);
  Following now(world, deadline);
  TRY(now.read());
  if (now.wanted().empty()) return std::move(now.seen);
  if (!lock) {
    now.seen.left.push_back(lock.error().text());
    return std::move(now.seen);
  }
  auto begun = now.seen.json();
  begun["repoint"] = now.before();
  begun["operator"] = operator_name();
  TRY(journal.append(id, "follow.begun", begun, journal::Durability::disk));
  const auto done = repoint(now.wanted(), world, now.route(), deadline);
  const Json ended{{"outcome", done ? "ok" : "failed"}, {"error", done ? "" : done.error().text()}};
  TRY(journal.append(id, "follow.ended", ended, journal::Durability::disk));
  TRY(done);
  now.seen.repointed = now.before();
  return std::move(now.seen);
}

}  // namespace pgcleave::app
