#include <catch2/catch.hpp>

#include "checks/finding.h"

namespace pgcleave::checks {
namespace {

using Titles = std::vector<std::string>;

Finding finding(const std::string& id, Severity severity, const std::string& object = "table ci.builds on target ci") {
  return {id, severity, object, "seen", "", "", ""};
}

const auto blocker = finding("fence.both_own", Severity::blocker, "split ci");
const auto warning = finding("settings.differs", Severity::warning, "work_mem");
const auto a_note = finding("schema.duplicate_index", Severity::note);

}  // namespace

TEST_CASE("what a round left behind is what was not found before it, by id and object") {
  const Picture before({blocker, finding("topology.slot_unused", Severity::warning, "slot one")});
  CHECK(before.new_in({blocker}, Severity::warning).empty());
  CHECK(before.new_in({blocker, warning, a_note}, Severity::warning) == Titles{"settings.differs (work_mem)"});
  CHECK(before.new_in({finding("topology.slot_unused", Severity::warning, "slot two")}, Severity::warning) ==
        Titles{"topology.slot_unused (slot two)"});
}

TEST_CASE("after a cutover only blockers are looked for") {
  const Picture clean;
  CHECK(clean.new_in({blocker, warning, a_note}, Severity::blocker) == Titles{"fence.both_own (split ci)"});
}

TEST_CASE("what comes and goes with the load is nothing that a round left behind") {
  const Picture clean;
  CHECK(clean
            .new_in({finding("schema.sequential_scan", Severity::warning),
                     finding("settings.connections_left", Severity::blocker)},
                    Severity::warning)
            .empty());
}

}  // namespace pgcleave::checks
