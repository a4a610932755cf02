// Each call that SQLite makes for the samples fails once.
#include "faults.h"
#include "journal/samples.h"
#include "scratch.h"

using namespace pgcleave;
using namespace pgcleave::journal;

TEST_CASE("of a round of samples that meets a failure all or nothing is there, and what was written before stays") {
  const WatchedMemory watched;
  const auto fault = GENERATE(Fault::disk, Fault::disk_lasting, Fault::memory, Fault::memory_lasting);
  const Scratch scratch;
  {
    REQUIRE(opened_samples(scratch.path).append(a_round(1000)));
  }
  const int faults = at_each_call(fault, [&](int at) {
    const std::string path = scratch.path + "-" + std::to_string(at);
    std::filesystem::copy_file(scratch.path, path);
    auto samples = opened_samples(path);
    bool happened = false;
    Result<void> written;
    {
      const Failing failing(fault, at);
      written = samples.append(a_round(2000, "r-2"));
      happened = failing.happened();
    }
    if (!written) CHECK_FALSE(written.error().what.empty());
    REQUIRE(samples.append(a_round(3000, "r-2")));
    const auto kept = samples.between(0, 5000);
    REQUIRE(kept);
    CHECK(kept->size() == (written ? 6 : 4));
    return happened;
  });
  CHECK(faults > 0);
}

TEST_CASE("samples that can't be opened because of the machine say so, and are what they were") {
  const WatchedMemory watched;
  const auto fault = GENERATE(Fault::disk, Fault::disk_lasting, Fault::lock, Fault::memory, Fault::memory_lasting);
  const bool to_write = GENERATE(true, false);
  const Scratch scratch;
  {
    REQUIRE(opened_samples(scratch.path).append(a_round(1000)));
  }
  at_each_call(fault, [&](int at) {
    const Failing failing(fault, at);
    const auto samples =
        to_write ? Samples::open(scratch.path, at_once()) : Samples::open_to_read(scratch.path, at_once());
    if (!samples) CHECK_FALSE(samples.error().what.empty());
    if (!samples) CHECK(samples.error().object == scratch.path);
    if (samples) {
      const auto kept = samples->between(0, 5000);
      if (kept) CHECK(kept->size() == 2);
    }
    return failing.happened();
  });
  CHECK(opened_samples(scratch.path).between(0, 5000)->size() == 2);
}

TEST_CASE("a samples' file whose making failed is made by who opens it next") {
  const auto fault = GENERATE(Fault::disk, Fault::disk_lasting);
  int refused = 0;
  at_each_call(fault, [&](int at) {
    const Scratch scratch;
    bool happened = false;
    {
      const Failing failing(fault, at);
      const auto samples = Samples::open(scratch.path, at_once());
      if (!samples) ++refused;
      if (!samples) CHECK(samples.error().object == scratch.path);
      happened = failing.happened();
    }
    auto samples = opened_samples(scratch.path);
    REQUIRE(samples.append(a_round(1000)));
    CHECK(samples.between(0, 5000)->size() == 2);
    return happened;
  });
  CHECK(refused > 2);
}
