#include "checks/access/members.h"

#include <algorithm>
#include <future>

#include "base/format.h"
#include "checks/access/rewind_roles.h"
#include "postgres/connection.h"
#include "postgres/hba.h"

namespace pgcleave::checks {
namespace {

constexpr auto time_for_members = std::chrono::seconds(3);
constexpr const char* no_such_database = "3D000";

std::string text_of(const std::map<std::string, std::string>& values, const char* key, const char* otherwise = "") {
  const auto found = values.find(key);
  return found == values.end() ? otherwise : found->second;
}

struct MemberAccess {
  patroni::Member member;
  std::optional<postgres::Connection> in_postgres;  // in Patroni's database
  // In the split's: rights to functions are of a database, and those of the least role are granted here. The rules of
  // pg_hba.conf are the same in each.
  std::optional<postgres::Connection> in_split;
};

struct MembersSeen {
  world::Side* side = nullptr;
  bool standby = false;
  std::vector<MemberAccess> members;  // the leader first
};

class MemberLogins {
 public:
  explicit MemberLogins(CheckContext& context) : context_(context), world_(context.world()) {}

  std::vector<Login> run() {
    auto target = own(world_.target);
    auto source = own(world_.source);
    rights(source);
    rights(target);
    if (!source.standby) rewinds(source, target);
    return std::move(all_);
  }

 private:
  // Each look has its own time, so that a member that hangs hides nobody else.
  [[nodiscard]] Deadline soon() const { return context_.deadline().or_earlier(Deadline::in(time_for_members)); }

  // The leader is tried in the split's database by access_logins.cpp.
  MembersSeen own(world::Side& side) {
    MembersSeen seen{&side};
    const auto view = side.patroni().view(soon());
    if (!view) return seen;
    const auto* leader = view->leader();
    seen.standby = leader == nullptr || leader->role == patroni::Role::standby_leader;
    for (const auto& member : view->members) {
      if (member.host.empty()) continue;
      const bool leads = leader != nullptr && member.name == leader->name;
      seen.members.insert(leads ? seen.members.begin() : seen.members.end(), {member, {}, {}});
    }
    std::vector<postgres::Settings> settings;
    for (const auto& seen_member : seen.members) {
      const auto& member = seen_member.member;
      auto one = side.settings_for(member.host, member.port, member.name);
      settings.push_back(one);
      one.values["dbname"] = patronis_database;
      settings.push_back(one);
    }
    auto opened = postgres::Connection::open_all(settings, soon());
    for (std::size_t i = 0; i < seen.members.size(); ++i) {
      auto& one = seen.members[i];
      if (leader == nullptr || one.member.name != leader->name)
        note_own(side, one.member, settings[2 * i], opened[2 * i]);
      note_own(side, one.member, settings[2 * i + 1], opened[2 * i + 1]);
      if (opened[2 * i]) one.in_split = std::move(*opened[2 * i]);
      if (opened[2 * i + 1]) one.in_postgres = std::move(*opened[2 * i + 1]);
    }
    return seen;
  }

  void note_own(const world::Side& side, const patroni::Member& member, const postgres::Settings& settings,
                const Result<postgres::Connection>& opened) {
    const auto database = text_of(settings.values, "dbname", "of that user's name");
    const bool patronis = database == patronis_database;
    Login login{patronis ? "postgres_login" : "member_login", "this machine",
                fmt::format("member {} of {}, database {}", member.name, side.label(), database),
                text_of(settings.values, "user")};
    login.tls = text_of(settings.values, "sslmode", "prefer");
    login.query =
        fmt::format("psql \"host={} port={} user={} dbname={}\"", member.host, member.port, login.as, database);
    login.only_warns = patronis;
    login.why = patronis ? "what the role that rewinds may do is read there"
                         : "after a failover it would lead, and no step could ask it";
    login.fix = fmt::format(
        "in pg_hba.conf of {} of {}: host {} {} ADDRESS-OF-THIS-MACHINE scram-sha-256; then pg_reload_conf()",
        member.name, side.label(), database, login.as);
    login.result = LoginResult::works;
    if (!opened) note(login, opened.error());
    const bool nobody = login.result == LoginResult::unanswered || login.result == LoginResult::closed;
    if (!opened &&
        (nobody || opened.error().code == postgres::cannot_connect_now || opened.error().code == no_such_database))
      login.result = LoginResult::not_tried;
    all_.push_back(std::move(login));
  }

  static postgres::Connection* any_session(MembersSeen& seen) {
    for (auto& one : seen.members) {
      if (one.in_postgres) return &*one.in_postgres;
    }
    return nullptr;
  }

  // A standby has its upstream's rights, so they are told once.
  void rights(MembersSeen& seen) {
    auto* session = any_session(seen);
    if (seen.standby || session == nullptr) return;
    const auto roles = rewind_roles(*session, soon());
    if (!roles) return;
    for (const auto& role : *roles) all_.push_back(rewind_rights(seen.side->label(), role));
  }

  void rewinds(MembersSeen& source, const MembersSeen& target) {
    auto* session = any_session(source);
    if (session == nullptr || target.members.empty()) return;
    const auto roles = rewind_roles(*session, soon());
    if (!roles) return;
    if (roles->empty()) {
      Login login{"rewind_login", target.side->label() + "'s servers", source.side->label(), "?"};
      login.tls = "not seen";
      login.said =
          "no role but superusers may do what pg_rewind does; as whom Patroni rewinds is known to Patroni alone";
      all_.push_back(std::move(login));
    }
    for (auto& one : source.members) {
      if (!one.in_postgres) continue;
      std::vector<RewindSeen> seen;
      for (const auto& role : *roles) {
        seen.push_back({source.side->label(), target.side->label(), one.member.name, role,
                        ways(one.in_split ? *one.in_split : *one.in_postgres, role, source, target)});
      }
      for (auto& role : seen) {
        role.others_get_in = std::any_of(seen.begin(), seen.end(), [&](const auto& other) {
          return other.role.name != role.role.name && other.role.no_login.empty() &&
                 std::none_of(other.ways.begin(), other.ways.end(),
                              [](const auto& way) { return way.of_target && way.refused; });
        });
      }
      for (const auto& role : seen) all_.push_back(rewind_login(role));
    }
  }

  std::vector<RewindWay> ways(postgres::Connection& session, const RewindRole& role, const MembersSeen& source,
                              const MembersSeen& target) {
    std::vector<RewindWay> out;
    for (const auto* side : {&target, &source}) {
      for (const auto& one : side->members) {
        const auto answer = postgres::hba_answer(session, patronis_database, role.name, one.member.host, soon());
        RewindWay way{one.member.name, one.member.host, side == &target};
        way.refused = answer && answer->verdict == postgres::HbaVerdict::refused;
        way.text = answer
                       ? answer->text
                       : "can't be told: " + (answer.error().seen.empty() ? answer.error().what : answer.error().seen);
        out.push_back(std::move(way));
      }
    }
    return out;
  }

  CheckContext& context_;
  world::World& world_;
  std::vector<Login> all_;
};

}  // namespace

std::vector<Login> try_member_logins(CheckContext& context) {
  return MemberLogins(context).run();
}

}  // namespace pgcleave::checks
