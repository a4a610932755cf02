// The judge is put to damage that was made by hand: each kind is found, and nothing else.
#include "judge.h"

#include <catch2/catch.hpp>

using namespace pgcleave_worlds;

namespace {

struct Rows {
  Ledger ledger;
  Contents source, target;

  std::string write(Class cls, const std::string& side, long long value = 0) {
    const auto token = ledger.new_token(cls);
    ledger.announce({token}, {}, "INSERT");
    Told told{{token}, {}, side, {}};
    if (value > 0) told.values.emplace_back("s", value);
    ledger.acknowledge(told);
    count_tokens(side == "ci" ? target : source, "t", "(1,0," + token + ")");
    return token;
  }
  std::vector<std::string> kinds(Serves serves) {
    std::vector<std::string> out;
    for (const auto& found : judge_rows(ledger.entries(), source, target, serves)) out.push_back(found.kind);
    for (const auto& found : ledger.violations()) out.push_back(found.kind);
    return out;
  }
};

using Kinds = std::vector<std::string>;

}  // namespace

TEST_CASE("worlds: what is stored as it was acknowledged is no violation") {
  Rows rows;
  rows.write(Class::moved, "ci", 1);
  rows.write(Class::kept, "main", 2);
  rows.write(Class::one_side, "main");
  rows.write(Class::shared, "ci");
  CHECK(rows.kinds(Serves::target).empty());
}

TEST_CASE("worlds: a row that was deleted behind clients' backs is lost") {
  Rows rows;
  const auto token = rows.write(Class::moved, "ci");
  rows.write(Class::moved, "ci");
  rows.target.count.erase(token);
  CHECK(rows.kinds(Serves::target) == Kinds{"lost"});
}

TEST_CASE("worlds: a moved row that only the side has that does not serve is lost") {
  Rows rows;
  rows.write(Class::moved, "main");
  CHECK(rows.kinds(Serves::source).empty());
  CHECK(rows.kinds(Serves::target) == Kinds{"lost"});
}

TEST_CASE("worlds: a row that is stored twice is duplicated, also one whose outcome is unknown") {
  Rows rows;
  const auto token = rows.write(Class::kept, "main");
  count_tokens(rows.source, "u", token);
  CHECK(rows.kinds(Serves::source) == Kinds{"duplicated"});
  const auto open = rows.ledger.new_token(Class::kept);
  rows.ledger.announce({open}, {}, "INSERT");
  count_tokens(rows.source, "t", open + " " + open);
  CHECK(rows.kinds(Serves::source) == Kinds{"duplicated", "duplicated"});
}

TEST_CASE("worlds: a row that was deleted and is there again came back") {
  Rows rows;
  const auto token = rows.write(Class::moved, "main");
  rows.ledger.announce({}, {token}, "DELETE");
  rows.ledger.acknowledge({{}, {token}, "main", {}});
  CHECK(rows.kinds(Serves::source) == Kinds{"came back"});
}

TEST_CASE("worlds: an unknown outcome may be there or not") {
  Rows rows;
  const auto token = rows.ledger.new_token(Class::moved);
  rows.ledger.announce({token}, {}, "INSERT");
  CHECK(rows.kinds(Serves::source).empty());
  count_tokens(rows.source, "t", token);
  CHECK(rows.kinds(Serves::source).empty());
}

TEST_CASE("worlds: a row whose removal is open may be there or not, in whatever order the answers come") {
  Rows rows;
  const auto token = rows.ledger.new_token(Class::moved);
  rows.ledger.announce({token}, {}, "INSERT");
  rows.ledger.announce({}, {token}, "TRUNCATE");
  rows.ledger.acknowledge({{token}, {}, "main", {}});
  CHECK(rows.kinds(Serves::source).empty());
  rows.ledger.not_removed({token});
  CHECK(rows.kinds(Serves::source) == Kinds{"lost"});
}

TEST_CASE("worlds: a value that a sequence gave out twice is found, also on the other side") {
  Rows rows;
  rows.write(Class::moved, "main", 7);
  rows.write(Class::moved, "main", 8);
  rows.ledger.acknowledge({{}, {}, "ci", {{"s", 7}}});
  CHECK(rows.kinds(Serves::source) == Kinds{"value of a sequence given out twice"});
}

TEST_CASE("worlds: a relation that both sides, the wrong one or none let clients write is found") {
  const std::vector<Gate> gates{{"right", "", "closed", false},
                                {"both", "", "", false},
                                {"none", "closed", "closed", false},
                                {"wrong", "closed", "", false},
                                {"late", "", "", true}};
  Kinds kinds;
  for (const auto& found : judge_gates(gates, Serves::source)) kinds.push_back(found.kind);
  CHECK(kinds == Kinds{"open on both sides", "closed on both sides", "open on the wrong side"});
}
