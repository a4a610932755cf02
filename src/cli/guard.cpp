// The hidden verb that a run starts before a window.
#include "app/guard.h"

#include <cstdlib>

#include "cli/complain.h"

namespace pgcleave::cli {
namespace {

ExitCode guard(const Arguments& arguments) {
  const auto ended = app::guard({arguments.text("RUN"), arguments.text("environment"), arguments.text("journal"),
                                 std::atoi(arguments.text("runner").c_str())});
  return ended ? *ended : complain(ended.error());
}

}  // namespace

Verb guard_verb() {
  using Kind = Option::Kind;
  return {"guard",
          "Stand by in a window to bring clients back should its run die; started by run, resume and rollback.",
          {{"RUN", Kind::positional, "run id"},
           environment_option(true),
           {"--runner", Kind::value, "number of the process that is guarded", true},
           journal_option()},
          guard,
          true};
}

}  // namespace pgcleave::cli
