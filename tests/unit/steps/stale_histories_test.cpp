#include "steps/stale_histories.h"

#include <catch2/catch.hpp>

namespace pgcleave::steps::test {
namespace {

using postgres::Histories;
using postgres::History;
using Files = std::vector<std::string>;

const History second{2, {{1, Lsn{}}, {2, Lsn{100}}}};
const History second_elsewhere{2, {{1, Lsn{}}, {2, Lsn{70}}}};
const History third{3, {{1, Lsn{}}, {2, Lsn{100}}, {3, Lsn{200}}}};
const History third_without_second{3, {{1, Lsn{}}, {3, Lsn{200}}}};

}  // namespace

TEST_CASE("no member of a cluster that came by its timelines in order has a stale history") {
  CHECK(stale_histories({1, {}}, {1, {}}).empty());
  CHECK(stale_histories({2, {second}}, {2, {second}}).empty());
  CHECK(stale_histories({3, {second, third}}, {3, {second, third}}).empty());
  CHECK(stale_histories({3, {second, third}}, {3, {third}}).empty());
}

TEST_CASE("a member that has not heard of the leader's timeline yet has no stale history") {
  CHECK(stale_histories({1, {}}, {2, {second}}).empty());
  CHECK(stale_histories({2, {second}}, {3, {second, third}}).empty());
}

TEST_CASE("a history above the leader's timeline is stale, since the next promotion takes its number") {
  CHECK(stale_histories({1, {second}}, {1, {}}) == Files{"00000002.history"});
  CHECK(stale_histories({1, {second, third}}, {1, {}}) == Files{"00000002.history", "00000003.history"});
  CHECK(stale_histories({2, {second, third}}, {2, {second}}) == Files{"00000003.history"});
}

TEST_CASE("a leader that kept the history of a timeline which it left is told by the same rule") {
  const Histories leader{1, {second}};
  CHECK(stale_histories(leader, leader) == Files{"00000002.history"});
  const Histories promoted{3, {second, third}};
  CHECK(stale_histories(promoted, promoted).empty());
}

TEST_CASE("a history of the leader's own timeline that tells of another beginning is stale") {
  CHECK(stale_histories({1, {second_elsewhere}}, {2, {second}}) == Files{"00000002.history"});
  CHECK(stale_histories({3, {second_elsewhere, third}}, {3, {third}}) == Files{"00000002.history"});
}

TEST_CASE("a history that can't be understood is stale where the leader's is known") {
  CHECK(stale_histories({2, {{2, {}}}}, {2, {second}}) == Files{"00000002.history"});
}

TEST_CASE("a number that the leader passed over is stale only for a member that could take it for the newest") {
  const Histories leader{3, {third_without_second}};
  CHECK(stale_histories({1, {second}}, leader) == Files{"00000002.history"});
  CHECK(stale_histories({3, {second, third_without_second}}, leader).empty());
}

TEST_CASE("where the leader's own history is gone only what lies above its timeline is judged") {
  CHECK(stale_histories({2, {second_elsewhere}}, {2, {}}).empty());
  CHECK(stale_histories({2, {second_elsewhere, third}}, {2, {}}) == Files{"00000003.history"});
}

}  // namespace pgcleave::steps::test
