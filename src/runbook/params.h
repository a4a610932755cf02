// The `params` of a runbook: declared in the file, given on the command line.
#pragma once

#include "config/yaml.h"
#include "runbook/runbook.h"

namespace pgcleave::runbook {

std::vector<RunParameter> read_params(const config::Node& node, config::Problems& problems);

const RunParameter* find(const std::vector<RunParameter>& params, const std::string& name);

}  // namespace pgcleave::runbook
