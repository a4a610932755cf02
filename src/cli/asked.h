// Arguments of a command line as use cases take them (src/app).
#pragma once

#include <string>

#include "app/change.h"
#include "app/meant_run.h"
#include "cli/verb.h"

namespace pgcleave::cli {

app::FilesNamed files_named(const Arguments& arguments);
app::ChangeNamed change_named(const Arguments& arguments, const std::string& runbook);
app::RunNamed run_named(const Arguments& arguments);

}  // namespace pgcleave::cli
