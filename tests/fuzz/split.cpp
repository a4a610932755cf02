// A split file, as somebody wrote it, over a catalog of hostile names.
#include "config/split.h"

#include "target.h"

using namespace pgcleave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<config::Name> catalog{
      {"public", "builds"},    {"ci", "jobs"}, {"Odd \"Schema\"", "select"}, {"public", "a.b"}, {"public", "x*y?z"},
      {"public", "tab\tle\n"}, {"public", ""}};
  const auto read = config::read_split("split.yml", fuzz::text_of(data, size));
  fuzz::require(read.value.has_value() == read.problems.empty(), "a split is read or has problems");
  for (const auto& problem : read.problems) fuzz::require_printable(problem.text());
  if (!read.value) return 0;
  const auto clear = config::classify_what_is_clear(*read.value, catalog);
  for (const auto& problem : clear.problems) fuzz::require_printable(problem.text());
  const auto& [moved, kept, shared] = clear.classified;
  fuzz::require(moved.size() + kept.size() + shared.size() + clear.unclassified.size() <= catalog.size(),
                "no table is in two classes");
  const auto all = config::classify(*read.value, catalog);
  fuzz::require(!all.value || clear.unclassified.empty(), "a classified catalog has no unclassified table");
  return 0;
}
