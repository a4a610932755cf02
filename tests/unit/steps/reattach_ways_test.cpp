// A promoted cluster is rewound, cloned or refused: what is looked for before, and in which order it happens.
#include <filesystem>

#include "fenced_split.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using pgcleave::postgres::test::main_server;
using pgcleave::postgres::test::Server;

constexpr const char* gone_checkpoint = "0/1";  // no server has WAL from there

Json made_standby(const std::string& common_checkpoint, const std::string& reclone) {
  return {{"cluster", "target"},
          {"standby_cluster", {{"host", "10.0.0.1"}}},
          {"common_checkpoint", common_checkpoint},
          {"classes", Json::array({"kept", "shared"})},
          {"given_up", ""},
          {"reclone", reclone}};
}

class TellingEffects : public PlainEffects {
 public:
  Result<Json> perform(const std::string& description, const Action& action, Traffic traffic) override {
    begun.push_back(description);
    return PlainEffects::perform(description, action, traffic);
  }
  std::vector<std::string> begun;
};

// A target that owns nothing and has no rows of its own; its Patroni counts PATCHes and does nothing.
struct Cluster {
  explicit Cluster(bool promoted = true) {
    name_tables(sides.world);
    sides.world.effects = &effects;
    sides.world.progress = world::Progress([this](const std::string& text) { told += text + "\n"; });
    if (promoted) on_target("SELECT pg_promote()");
  }
  static SplitDatabase& prepared(SplitDatabase& source) {
    source.install();
    source.set_owner(fence::Owner::nobody);
    return source;
  }
  postgres::Rows on_target(const std::string& sql) {
    auto session = target.connect();
    return postgres::test::run(session, sql);
  }
  std::string checkpoint() {
    return on_target("SELECT checkpoint_lsn FROM pg_control_checkpoint()").text(0, "checkpoint_lsn");
  }

  TellingEffects effects;
  std::string told;
  std::atomic<int> patches{0};
  SplitDatabase source{main_server()};
  Server target{"ci", (static_cast<void>(prepared(source)), main_server())};
  TwoSides sides{main_server(), target, [this] {
                   ++patches;
                   return patroni::answer(200, "{}");
                 }};
};

}  // namespace

TEST_CASE("a cluster whose WAL is gone and that nothing may clone is refused before anything is changed") {
  Cluster cluster;
  const auto before = cluster.checkpoint();
  const auto done = cluster.sides.apply("patroni.reattach", made_standby(gone_checkpoint, "never"), 5s);
  REQUIRE_FALSE(done);
  INFO(done.error().text());
  CHECK(done.error().kind == ErrorKind::not_ready);
  CHECK(says(done.error().text(), "can't be rewound: WAL from before the promotion is gone"));
  CHECK(cluster.patches == 0);
  CHECK(cluster.checkpoint() == before);
  CHECK(cluster.effects.begun == std::vector<std::string>{"CHECKPOINT on target ci, which pg_rewind needs"});
}

TEST_CASE("a cluster whose WAL is gone is cloned by the side's program, and only after it was made a standby") {
  Cluster cluster;
  const auto mark = std::filesystem::temp_directory_path() / ("cloned-" + std::to_string(cluster.target.port()));
  std::filesystem::remove(mark);
  auto access = cluster.sides.world.target.access();
  access.reclone = {"touch", mark.string()};
  cluster.sides.world.target = Side(fence::Owner::target, access);
  const auto done = cluster.sides.apply("patroni.reattach", made_standby(gone_checkpoint, "when_needed"), 4s);
  INFO(problem(done));
  CHECK_FALSE(done);  // nothing really becomes a standby here
  CHECK(cluster.patches == 1);
  CHECK(std::filesystem::remove(mark));
  CHECK(says(cluster.told, "cloning it anew: touch"));
}

TEST_CASE("a cluster that can be rewound gets a checkpoint on its own timeline first, which pg_rewind needs") {
  Cluster cluster;
  const auto before = cluster.checkpoint();
  cluster.on_target("CREATE TABLE written_since (id int)");
  const auto done = cluster.sides.apply("patroni.reattach", made_standby("", "never"), 3s);
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == ErrorKind::timed_out);
  CHECK(says(done.error().text(), "target ci is writable"));
  CHECK(says(done.error().text(), "look at Patroni's log of ci"));
  CHECK(cluster.patches == 1);
  CHECK(cluster.checkpoint() != before);
  CHECK_FALSE(says(cluster.told, "cloning it anew"));
}

TEST_CASE("a cluster that streams already needs no program, and is told as rewound") {
  Cluster cluster(false);
  const auto done = cluster.sides.apply("patroni.reattach", made_standby(gone_checkpoint, "never"), 5s);
  REQUIRE(problem(done) == "");
  CHECK(done->at("how") == "rewound");
  CHECK(done->at("given_up") == "");
  const auto seen = cluster.sides.observe("patroni.reattach", made_standby(gone_checkpoint, "never"));
  REQUIRE(problem(seen) == "");
  CHECK(says(seen->evidence, "target ci receives: streaming"));
}

TEST_CASE("a cluster that nothing is known of is not made a standby of anything") {
  Cluster cluster;
  for (const auto& unknown : {Json(), Json::object()}) {
    auto with = made_standby("", "never");
    with["standby_cluster"] = unknown;
    const auto done = cluster.sides.apply("patroni.reattach", with, 3s);
    REQUIRE_FALSE(done);
    CHECK(says(done.error().text(), "no standby_cluster configuration is known"));
  }
  CHECK(cluster.patches == 0);
}

}  // namespace pgcleave::steps::test
