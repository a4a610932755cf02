#include <iostream>

#include "cli/verb.h"
#include "runbook/runbook.h"
#include "steps/registry.h"

namespace pgcleave::cli {

Verb schema_verb() {
  return {"schema", "Print the JSON Schema of runbooks, for editors.", {}, [](const Arguments&) {
            std::cout << to_text(runbook::json_schema(steps::vocabulary()), 2) << "\n";
            return ExitCode::done;
          }};
}

}  // namespace pgcleave::cli
