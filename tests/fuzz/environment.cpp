// An environment file, as somebody wrote it.
#include "config/environment.h"

#include "target.h"

using namespace pgcleave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = config::read_environment("environment.yml", fuzz::text_of(data, size));
  fuzz::require(read.value.has_value() == read.problems.empty(), "an environment is read or has problems");
  for (const auto& problem : read.problems) fuzz::require_printable(problem.text());
  if (read.value) static_cast<void>(to_text(config::values_of(*read.value)));
  return 0;
}
