#include <catch2/catch.hpp>

#include "world/cluster_members.h"

namespace pgcleave::steps::test {
using namespace pgcleave::world;
namespace {

using postgres::Histories;
using postgres::History;
using Files = std::vector<std::string>;

const History timeline_2{2, {{1, Lsn{}}, {2, Lsn{100}}}};
const History timeline_2_elsewhere{2, {{1, Lsn{}}, {2, Lsn{70}}}};
const History timeline_3{3, {{1, Lsn{}}, {2, Lsn{100}}, {3, Lsn{200}}}};
const History timeline_3_without_2{3, {{1, Lsn{}}, {3, Lsn{200}}}};

}  // namespace

TEST_CASE("no member of a cluster that came by its timelines in order has a stale history") {
  CHECK(world::stale_histories({1, {}}, {1, {}}).empty());
  CHECK(world::stale_histories({2, {timeline_2}}, {2, {timeline_2}}).empty());
  CHECK(world::stale_histories({3, {timeline_2, timeline_3}}, {3, {timeline_2, timeline_3}}).empty());
  CHECK(world::stale_histories({3, {timeline_2, timeline_3}}, {3, {timeline_3}}).empty());
}

TEST_CASE("a member that has not heard of the leader's timeline yet has no stale history") {
  CHECK(world::stale_histories({1, {}}, {2, {timeline_2}}).empty());
  CHECK(world::stale_histories({2, {timeline_2}}, {3, {timeline_2, timeline_3}}).empty());
}

TEST_CASE("a history above the leader's timeline is stale, since the next promotion takes its number") {
  CHECK(world::stale_histories({1, {timeline_2}}, {1, {}}) == Files{"00000002.history"});
  CHECK(world::stale_histories({1, {timeline_2, timeline_3}}, {1, {}}) ==
        Files{"00000002.history", "00000003.history"});
  CHECK(world::stale_histories({2, {timeline_2, timeline_3}}, {2, {timeline_2}}) == Files{"00000003.history"});
}

TEST_CASE("a leader that kept the history of a timeline which it left is told by the same rule") {
  const Histories leader{1, {timeline_2}};
  CHECK(world::stale_histories(leader, leader) == Files{"00000002.history"});
  const Histories promoted{3, {timeline_2, timeline_3}};
  CHECK(world::stale_histories(promoted, promoted).empty());
}

TEST_CASE("a history of the leader's own timeline that tells of another beginning is stale") {
  CHECK(world::stale_histories({1, {timeline_2_elsewhere}}, {2, {timeline_2}}) == Files{"00000002.history"});
  CHECK(world::stale_histories({3, {timeline_2_elsewhere, timeline_3}}, {3, {timeline_3}}) ==
        Files{"00000002.history"});
}

TEST_CASE("a history that can't be understood is stale where the leader's is known") {
  CHECK(world::stale_histories({2, {{2, {}}}}, {2, {timeline_2}}) == Files{"00000002.history"});
}

TEST_CASE("a number that the leader passed over is stale only for a member that could take it for the newest") {
  const Histories leader{3, {timeline_3_without_2}};
  CHECK(world::stale_histories({1, {timeline_2}}, leader) == Files{"00000002.history"});
  CHECK(world::stale_histories({3, {timeline_2, timeline_3_without_2}}, leader).empty());
}

TEST_CASE("where the leader's own history is gone only what lies above its timeline is judged") {
  CHECK(world::stale_histories({2, {timeline_2_elsewhere}}, {2, {}}).empty());
  CHECK(world::stale_histories({2, {timeline_2_elsewhere, timeline_3}}, {2, {}}) == Files{"00000003.history"});
}

}  // namespace pgcleave::steps::test
