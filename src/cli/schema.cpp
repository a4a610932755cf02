#include <iostream>

#include "cli/complain.h"
#include "cli/verb.h"
#include "config/json_schema.h"
#include "runbook/runbook.h"
#include "steps/registry.h"

namespace pgcleave::cli {

Verb schema_verb() {
  using Kind = Option::Kind;
  return {"schema",
          "Print the JSON Schema of a kind of file, for editors.",
          {{"FILE_KIND", Kind::optional_positional, "runbook, environment or split (default: runbook)"}},
          [](const Arguments& arguments) {
            const auto kind = arguments.text("FILE_KIND");
            Json schema;
            if (kind.empty() || kind == "runbook") schema = runbook::json_schema(steps::vocabulary());
            if (kind == "environment") schema = config::environment_schema();
            if (kind == "split") schema = config::split_schema();
            if (schema.is_null())
              return complain({ErrorKind::invalid, "", "there is no schema of '" + kind + "'", "", "",
                               "write runbook, environment or split", ""});
            std::cout << to_text(schema, 2) << "\n";
            return ExitCode::done;
          }};
}

}  // namespace pgcleave::cli
