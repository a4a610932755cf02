// What a Prometheus, or whatever listens there, answers.
#include "watch/prometheus.h"

#include "target.h"

using namespace pgcleave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto numbers = watch::read_answer("cpu", fuzz::text_of(data, size));
  if (!numbers) fuzz::require_printable(numbers.error().text());
  if (numbers) fuzz::require(numbers->size() <= 50, "a query does not fill the file");
  return 0;
}
