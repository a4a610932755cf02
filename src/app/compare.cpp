#include "app/compare.h"

#include "app/identity.h"
#include "base/log.h"

namespace pgcleave::app {
namespace {

constexpr const char* newest = "last";

compare::Keeping keeping_of(const KeptAs& kept) {
  compare::Keeping keeping;
  keeping.resume = !kept.resume.empty();
  keeping.id = !keeping.resume ? journal::new_id("v") : kept.resume == newest ? "" : kept.resume;
  keeping.take_over = kept.take_over;
  keeping.runner = operator_name();
  return keeping;
}

// What was found is evidence. Nothing depends on it, so a journal that can't be written is only told.
void record_comparison(const Compared& compared, const config::Environment& environment, const config::Split& split,
                       const std::string& journal_file) {
  const auto data = steps::evidence_of(compared, environment, split, operator_name());
  auto journal = journal::Journal::open(journal_file, Deadline::in(std::chrono::seconds(2)));
  const auto& id = compared.outcome.id;
  const auto written =
      journal ? journal->append(id.empty() ? journal::new_id("v") : id, "compare.done", data, journal::Durability::disk)
              : fail(journal.error());
  if (!written) log::warn("what was found could not be recorded: " + written.error().text());
}

}  // namespace

Result<Compared> compare_sides(const std::string& journal, const config::Environment& environment,
                               const config::Split& split, steps::ComparisonAsked asked, const KeptAs& kept) {
  const HeededStop heeded(asked.stop);
  auto world = world::unopened_world(environment, split);
  if (!kept.nothing) asked.keeping = keeping_of(kept);
  TRY_ASSIGN(auto compared, steps::compare_sides(world, asked));
  record_comparison(compared, environment, split, journal);
  return compared;
}

}  // namespace pgcleave::app
