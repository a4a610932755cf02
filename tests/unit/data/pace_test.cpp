#include "data/pace.h"

#include <catch2/catch.hpp>

namespace pgcleave::data {
namespace {

using namespace std::chrono_literals;

}  // namespace

TEST_CASE("a pace grows by at most a fifth per batch, towards its target") {
  Pace pace(200ms, 100, 1'000'000);
  CHECK(pace.size() == 100);
  pace.took(100, 1ms);
  CHECK(pace.size() == 120);
  pace.took(120, 1ms);
  CHECK(pace.size() == 144);
  // A row takes 100 us from here on: 2,000 rows in 200 ms.
  for (int i = 0; i < 60; ++i) pace.took(pace.size(), pace.size() * 100us);
  CHECK(pace.size() >= 1900);
  CHECK(pace.size() <= 2000);
}

TEST_CASE("a batch that took too long shrinks the next at once, in proportion") {
  Pace pace(200ms, 1000, 1'000'000);
  pace.took(1000, 800ms);
  CHECK(pace.size() == 250);
  pace.took(250, 200ms);
  CHECK(pace.size() == 250);
  // The fast batches of before are forgotten: it does not jump back.
  pace.took(250, 100ms);
  CHECK(pace.size() <= 300);
}

TEST_CASE("a batch that is smaller than it was to be changes nothing, unless it is too slow") {
  Pace pace(200ms, 1000, 1'000'000);
  pace.took(3, 150ms);
  CHECK(pace.size() == 1000);
  pace.took(3, 300ms);
  CHECK(pace.size() == 2);
}

TEST_CASE("a pace is never below one unit and never above its largest size") {
  Pace pace(200ms, 5, 6);
  for (int i = 0; i < 10; ++i) pace.took(pace.size(), 1us);
  CHECK(pace.size() == 6);
  for (int i = 0; i < 10; ++i) pace.halve();
  CHECK(pace.size() == 1);
  pace.took(1, 10s);
  CHECK(pace.size() == 1);
  for (int i = 0; i < 10; ++i) pace.took(pace.size(), 1us);
  CHECK(pace.size() > 1);
}

TEST_CASE("a batch that was cut off halves the next, and growth begins anew") {
  Pace pace(200ms, 1000, 1'000'000);
  pace.took(1000, 10ms);
  pace.halve();
  CHECK(pace.size() == 600);
  pace.took(600, 10ms);
  CHECK(pace.size() == 720);
}

TEST_CASE("a smaller target shrinks the next batch at once, a larger one lets it grow") {
  Pace pace(200ms, 1000, 1'000'000);
  pace.aim_at(50ms);
  CHECK(pace.target() == 50ms);
  CHECK(pace.size() == 250);
  pace.aim_at(200ms);
  CHECK(pace.size() == 250);
}

}  // namespace pgcleave::data
