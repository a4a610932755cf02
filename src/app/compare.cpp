#include "app/compare.h"

#include "app/identity.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/version.h"

namespace pgcleave::app {
namespace {

// What was found is evidence. Nothing depends on it, so a journal that can't be written is only told.
void record_comparison(const Compared& compared, const config::Environment& environment, const config::Split& split,
                       const std::string& journal_file) {
  auto data = compared.json(false);
  data["environment_name"] = environment.name;
  data["class"] = environment.production ? "production" : "staging";
  data["split_name"] = split.name;
  data["split_sha256"] = sha256(split.text);
  data["operator"] = operator_name();
  data["version"] = version();
  auto journal = journal::Journal::open(journal_file, Deadline::in(std::chrono::seconds(2)));
  const auto written = journal ? journal->append(journal::new_id("v"), "compare.done", data, journal::Durability::disk)
                               : fail(journal.error());
  if (!written) log::warn("what was found could not be recorded: " + written.error().text());
}

}  // namespace

Result<Compared> compare_sides(const std::string& journal, const config::Environment& environment,
                               const config::Split& split, const steps::ComparisonAsked& asked) {
  const HeededStop heeded(asked.stop);
  auto world = world::unopened_world(environment, split);
  TRY_ASSIGN(auto compared, steps::compare_sides(world, asked));
  record_comparison(compared, environment, split, journal);
  return compared;
}

}  // namespace pgcleave::app
