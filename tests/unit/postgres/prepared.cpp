#include <catch2/catch.hpp>

#include "installed.h"
#include "postgres/transactions.h"

using namespace pgcleave;
using namespace pgcleave::postgres;
using namespace pgcleave::fence;
using test::main_server;
using test::run;
using test::soon;

namespace {

std::string gids(const Result<std::vector<PreparedTransaction>>& prepared) {
  std::string text;
  for (const auto& one : prepared.value()) text += (text.empty() ? "" : " ") + one.gid;
  return text;
}
// Rolled back at the end, whatever happens.
class Prepared {
 public:
  Prepared(test::Server& server, std::string gid) : session_(server.connect()), gid_(std::move(gid)) {
    run(session_, "BEGIN; SELECT pg_logical_emit_message(true, '', ''); PREPARE TRANSACTION " + quote_literal(gid_));
  }
  ~Prepared() { static_cast<void>(session_.query("ROLLBACK PREPARED " + quote_literal(gid_), {}, soon())); }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

 private:
  Connection session_;
  std::string gid_;
};

}  // namespace

TEST_CASE("a promotion copies prepared transactions, and those that its clients make afterwards are told from them") {
  test::Installed it;
  Prepared one(main_server(), "b"), another(main_server(), "it's a");
  const auto there = prepared_transactions(it.admin, soon());
  REQUIRE(there);
  CHECK(gids(there) == "b it's a");
  CHECK(there->back().text() == "'it''s a' of postgres");

  test::Server promoted("ci", main_server());
  auto target = promoted.connect();
  run(target, "SELECT pg_promote()");
  CHECK(gids(copied_transactions(target, "ci", soon())) == "b it's a");
  REQUIRE(fence::pass_ownership(target, "ci", Owner::source, Owner::target, "run-1", 1, soon()));
  Prepared own(promoted, "of the target");
  CHECK(gids(copied_transactions(target, "ci", soon())) == "b it's a");
  CHECK(gids(prepared_transactions(target, soon())) == "b it's a of the target");
  run(target, "ROLLBACK PREPARED 'b'");
  run(target, "ROLLBACK PREPARED 'it''s a'");
  CHECK(gids(copied_transactions(target, "ci", soon())).empty());
  run(target, "DROP SCHEMA pgcleave CASCADE");
  CHECK(gids(copied_transactions(target, "ci", soon())) == "of the target");
}
