#include "cli/asked.h"

namespace pgcleave::cli {

app::FilesNamed files_named(const Arguments& arguments) {
  return {arguments.text("environment"), arguments.text("split"), arguments.text("journal")};
}

app::ChangeNamed change_named(const Arguments& arguments, const std::string& runbook) {
  return {runbook, files_named(arguments), arguments.list("set")};
}

app::RunNamed run_named(const Arguments& arguments) {
  return {arguments.text("RUN"), files_named(arguments)};
}

}  // namespace pgcleave::cli
