// The law of the verbs (steps/step.h), tried on every step kind against a real lab, in the order of a cutover and its
// rollback:
//   plan leaves no trace and says word for word what apply then does;
//   after apply, observe says done; applying twice is applying once;
//   undo restores what observe saw before, and undoing twice is undoing once;
//   no password is in anything that is shown or kept.
#include <filesystem>
#include <set>
#include <sstream>
#include <type_traits>

#include "a_lab.h"
#include "base/file.h"
#include "base/format.h"
#include "engine/effects.h"
#include "steps/check/judging.h"
#include "steps/registry.h"
#include "witness.h"

namespace pgcleave::steps {
namespace {

namespace fs = std::filesystem;

struct Row {
  const char* kind;
  Json with = Json::object();
  bool undo = true;            // try undo, then apply once more to go on; false where the same kind was tried before
  bool outputs_repeat = true;  // false: what there was to do is told once
};

class Conformance {
 public:
  explicit Conformance(const ALab& lab)
      : environment_(good(config::read_environment(lab.environment(), good(read_file(lab.environment()))))),
        split_(good(config::read_split(environment_.split, good(read_file(environment_.split))))),
        world_(good(world::open_world(environment_, split_, soon()))) {
    world_.run = {"r-20260101-000000-0001", 1, 1};
    world_.effects = &open_;
    world_.approvers = world::Approvers(
        [](const Question&) { return std::optional<Approval>(Approval{true, "tester", "by test", ""}); });
    world_.comparisons.keep_by([this](const Json& data) -> Result<void> {
      compared_ = world::comparison_in(data, world_.run.id, utc_now_us());
      return {};
    });
    world_.comparisons.read_by([this] { return Result<std::optional<LastComparison>>(compared_); });
    know_secrets();
  }

  // Returns the outputs.
  Json keeps_the_law(const Row& row) {
    const auto* kind = find(row.kind);
    REQUIRE(kind != nullptr);
    kind_ = kind;
    with_ = filled(row.with);
    INFO(row.kind << " " << with_.dump());
    tried_.insert(row.kind);
    if (kind->prepare != nullptr) went_well("prepare", call(kind->prepare));
    const auto before = look();
    CHECK(before.state != State::conflict);
    const auto planned = plan_leaves_no_trace(before);
    open_.descriptions.clear();
    const auto outputs = apply(before.before);
    if (kind->description.traits.changes) CHECK(open_.descriptions == planned);
    if (!kind->description.traits.changes) CHECK(open_.descriptions.empty());
    const auto after = look();
    if (after.lasting) CHECK(name_of(after.state) == std::string("done"));
    const auto again = apply(before.before);
    if (row.outputs_repeat) CHECK(shape(again.dump()) == shape(outputs.dump()));
    same(look(), after, "after the second apply");
    first_look_.try_emplace(row.kind, before.before, outputs);
    if (kind->undo != nullptr && row.undo) {
      undo_restores(before, outputs);
      apply(before.before);
    }
    for (const auto& output : kind->description.outputs) {
      INFO("the output " << output.name << " is missing");
      CHECK(outputs.contains(output.name));
    }
    return outputs;
  }

  // Undo from what was known when the kind was tried first.
  void is_undone(const Row& row) {
    kind_ = find(row.kind);
    with_ = filled(row.with);
    INFO(row.kind << " " << with_.dump());
    const auto& [before, outputs] = first_look_.at(row.kind);
    for (int i = 0; i < 2; ++i) {
      went_well("undo", call(kind_->undo, before, outputs));
      const auto seen = look();
      CHECK(seen.before == before);
      CHECK(name_of(seen.state) == std::string("pending"));
    }
  }

  void every_kind_was_tried() const {
    for (const auto& row : registry()) {
      INFO(row.description.kind << " has no row in this test");
      CHECK(tried_.contains(row.description.kind));
    }
  }
  void no_secret_was_shown() const {
    REQUIRE(secrets_.size() >= 3);
    REQUIRE(shown_.size() > 1000);
    for (const auto& secret : secrets_) {
      INFO("a password of " << secret.size() << " characters was shown");
      CHECK(shown_.find(secret) == std::string::npos);
    }
  }
  [[nodiscard]] const config::Environment& environment() const { return environment_; }

 private:
  static Deadline soon() { return Deadline::in(std::chrono::seconds(60)); }

  [[nodiscard]] Json filled(Json with) const {
    for (const auto& parameter : kind_->description.parameters) {
      if (!with.contains(parameter.name) && !parameter.fallback.is_null()) with[parameter.name] = parameter.fallback;
    }
    return with;
  }
  template <class Verb, class... Words>
  std::invoke_result_t<Verb, Context&, const Words&...> call(Verb verb, const Words&... words) {
    Context context{world_, kind_->description.kind, with_, soon(), nullptr};
    return verb(context, words...);
  }
  template <class T>
  void went_well(const char* verb, const Result<T>& result) {
    INFO(verb);
    if (result) return;
    shown_ += result.error().text() + "\n";
    FAIL(result.error().text());
  }
  Observation look() {
    auto seen = call(kind_->observe);
    went_well("observe", seen);
    shown_ += seen->evidence + seen->before.dump() + seen->outputs.dump() + "\n";
    return *seen;
  }
  Json apply(const Json& before) {
    auto outputs = call(kind_->apply, before);
    went_well("apply", outputs);
    shown_ += outputs->dump() + "\n";
    for (const auto& description : open_.descriptions) shown_ += description + "\n";
    return *outputs;
  }
  static void same(const Observation& now, const Observation& then, const char* when) {
    INFO(when << ": " << then.evidence << " has become " << now.evidence);
    CHECK(name_of(now.state) == std::string(name_of(then.state)));
    CHECK(now.before == then.before);
    CHECK(shape(now.evidence) == shape(then.evidence));
  }
  std::vector<std::string> plan_leaves_no_trace(const Observation& before) {
    if (!kind_->description.traits.changes) return {};
    engine::DryRunEffects closed;
    world_.effects = &closed;
    went_well("plan", call(kind_->apply, before.before));
    world_.effects = &open_;
    const auto planned = closed.take();
    CHECK_FALSE(planned.empty());
    same(look(), before, "after plan");
    return planned;
  }
  void undo_restores(const Observation& before, const Json& outputs) {
    for (const char* when : {"after undo", "after the second undo"}) {
      went_well(when, call(kind_->undo, before.before, outputs));
      same(look(), before, when);
    }
  }
  void know_secrets() {
    for (const auto* side : {&environment_.source, &environment_.target}) {
      if (!side->patroni.password.empty()) secrets_.insert(side->patroni.password.reveal());
      for (const auto* access : {&side->postgres, &side->replication}) {
        std::istringstream lines(good(read_file(access->values.at("passfile"))));
        for (std::string line; std::getline(lines, line);) secrets_.insert(line.substr(line.rfind(':') + 1));
      }
    }
  }

  config::Environment environment_;
  config::Split split_;
  std::optional<LastComparison> compared_;
  World world_;
  WitnessDoor open_;
  const StepKind* kind_ = nullptr;
  Json with_;
  std::set<std::string> tried_;
  std::map<std::string, std::pair<Json, Json>> first_look_;  // before, outputs
  std::set<std::string> secrets_;
  std::string shown_;
};

Json on(const char* side) {
  return {{"on", side}};
}
Json to(const char* side) {
  return {{"to", side}};
}

}  // namespace

TEST_CASE("every step kind keeps the law of the verbs") {
  steps::offer_step_kinds();
  const ALab lab("conformance");
  Conformance law(lab);
  const auto keeps = [&](const Row& row) { return law.keeps_the_law(row); };

  const auto file = (lab.folder() / "made").string();
  const auto patroni = law.environment().source.patroni.members.front();
  keeps({"run.command", {{"argv", {"touch", file}}, {"check", {"test", "-e", file}}, {"undo", {"rm", "-f", file}}}});
  keeps({"http.request",
         {{"url", patroni + "/patroni"},
          {"method", "GET"},
          {"undo_url", patroni + "/liveness"},
          {"undo_method", "GET"}}});
  keeps({"postgres.sql",
         {{"on", "source"},
          {"sql", "create table if not exists conformance (x int)"},
          {"check", "select to_regclass('conformance') is not null"},
          {"undo", "drop table if exists conformance"}}});

  const auto parsed = [](const char* text) { return Json::parse(text); };
  keeps({"rows.update", parsed(R"({"on": "source", "table": "ci.metrics", "set": {"value": "row.value + 1000"},
                                   "where": "row.value < 1000"})")});
  const auto bounds = parsed(R"({"on": "source", "table": "ci.build_log", "group_by": ["client"], "version": "n",
                                 "into": "ci.log_bounds"})");
  keeps({"versions.track", bounds});
  keeps({"rows.migrate", parsed(R"({"on": "source", "table": "ci.build_log", "version": "n", "from": 1, "to": 1000001,
                                    "up": {"line": "row.line || '.'"}, "bounds": "ci.log_bounds"})")});
  keeps({"versions.untrack", bounds});
  keeps({"tables.vacuum", parsed(R"({"on": "source", "table": "ci.build_log", "dead_percent": 0})")});
  keeps({"indexes.build",
         {{"on", "source"}, {"table", "ci.build_log"}, {"name", "log_by_client"}, {"definition", "(client)"}}});

  keeps({"check.topology", {{"serving", "source"}}});
  keeps({"ownership.install", {}, true, false});
  keeps({"replication.publish", {{"on", "source"}, {"direction", "forward"}}});
  keeps({"replication.publish", {{"on", "source"}, {"direction", "reverse"}, {"open", false}}});
  keeps({"patroni.keep_slots", {{"cluster", "source"}}});
  keeps({"patroni.keep_slots", {{"cluster", "target"}}});
  keeps({"postgres.hold_wal", on("source")});
  const auto tried = keeps({"pgbouncer.try_route", to("target")});
  CHECK(tried.at("tried") == law.environment().pools.front().bouncers.size());
  keeps({"check.route", {{"to", "target"}, {"logins", tried.at("logins")}}});
  keeps({"pgbouncer.stage", to("target")});
  keeps({"postgres.checkpoint", on("source")});
  keeps({"postgres.checkpoint", on("target")});
  keeps({"check.lag", {{"below", "64MiB"}}});
  keeps({"check.forecast", {{"budget", "5s"}}});
  keeps({"check.readiness", {{"families", Json::array({"fence"})}}});
  keeps({"check.settings"});
  keeps({"check.members", on("source")});
  CHECK(keeps({"rows.compare"}).at("verdict") == "same");
  CHECK(keeps({"check.compared"}).at("differences") == 0);
  keeps({"gate.approve", {{"text", "Go on?"}}});

  // From physical to logical replication, outside a window.
  const auto armed = keeps({"replication.create_slot_forward"}).at("from");
  keeps({"postgres.wait_replay", {{"on", "target"}, {"lsn", armed}}});
  const auto promoted = keeps({"patroni.promote", {{"cluster", "target"}}});
  keeps({"postgres.release_xmin", {{"on", "source"}, {"standby_cluster", promoted.at("standby_cluster")}}});
  const auto at = keeps({"postgres.check_branch", {{"on", "target"}, {"lsn", armed}}}).at("at");
  keeps({"replication.start_forward", {{"from", at}}, false});
  keeps({"replication.create_slot_reverse"});
  keeps({"replication.start_reverse", {{"prove", false}}});
  keeps({"replication.catch_up", on("target")});

  keeps({"pgbouncer.pause"});
  keeps({"ownership.release", on("source")});
  const auto lsn = keeps({"postgres.capture_lsn", on("source")}).at("lsn");
  keeps({"replication.wait_apply", {{"on", "target"}, {"lsn", lsn}}});
  keeps({"sequences.bump", to("target")});
  keeps({"replication.reverse"});
  keeps({"replication.prove_reverse"});
  keeps({"ownership.take", on("target")});
  keeps({"ownership.witness", {{"on", "source"}, {"owner", "target"}}});
  keeps({"ownership.witness", {{"on", "target"}, {"owner", "target"}}});
  keeps({"ownership.durable", on("target")});
  keeps({"pgbouncer.repoint", to("target")});
  keeps({"pgbouncer.resume"});
  keeps({"pgbouncer.verify", to("target")});
  CHECK(keeps({"check.discarded_writes", on("target")}).at("rows") == 0);
  keeps({"ownership.fence_kept", {}, true, false});
  // A table that came to be on the target; the reattach takes it away again.
  keeps({"postgres.sql",
         {{"on", "target"},
          {"sql", "create table if not exists ci.later (x int)"},
          {"check", "select to_regclass('ci.later') is not null"}},
         false});
  keeps({"ownership.install", on("target"), true, false});
  keeps({"postgres.sql", {{"on", "target"}, {"sql", "drop table if exists ci.later"}}, false});
  keeps({"replication.stop_forward"});

  keeps({"replication.check_reverse"});
  const auto back = keeps({"postgres.capture_lsn", on("target")}).at("lsn");
  keeps({"replication.wait_apply", {{"on", "source"}, {"lsn", back}}});
  // Not before: a new subscription begins where the slot was confirmed last, and would bring again what came already.
  law.is_undone({"replication.start_reverse", {{"prove", false}}});
  keeps({"replication.stop_reverse"});
  // Nothing is lost by it here: the load of this lab is none, and what follows needs no rows.
  keeps({"check.serving", {{"side", "target"}}});
  keeps({"check.split"});
  keeps({"check.truncation", {{"on", "source"}, {"which", "moved"}}});
  keeps({"tables.truncate", {{"on", "source"}, {"which", "moved"}}});
  keeps({"tables.truncate", {{"on", "target"}, {"which", "kept"}}});
  keeps({"pgbouncer.stage", to("source"), false});
  keeps({"pgbouncer.pause", {}, false});
  keeps({"ownership.release", on("target"), false});
  keeps({"sequences.bump", to("source")});
  keeps({"ownership.take", on("source")});
  keeps({"pgbouncer.repoint", to("source"), false});
  keeps({"pgbouncer.resume"});
  keeps({"postgres.release_wal", on("source")});
  keeps({"replication.unpublish", on("source")});
  keeps({"patroni.release_slots", {{"cluster", "source"}}});
  keeps({"patroni.release_slots", {{"cluster", "target"}}});
  law.is_undone({"patroni.release_slots", {{"cluster", "source"}}});  // the target needs its slot again
  keeps(
      {"patroni.reattach",
       {{"cluster", "target"}, {"standby_cluster", promoted.at("standby_cluster")}, {"classes", {"kept", "shared"}}}});

  law.every_kind_was_tried();
  law.no_secret_was_shown();
}

}  // namespace pgcleave::steps
