// Numbers that somebody's Prometheus has, such as CPU.
#pragma once

#include "config/environment.h"
#include "watch/numbers.h"

namespace pgcleave::watch {

// Scope "prometheus"; each query's results under its name, with their labels when there are several.
std::unique_ptr<Source> prometheus_numbers(const config::PrometheusAccess& access);

// What the answer to an instant query says (HTTP API v1).
Result<Numbers> read_answer(const std::string& name, const std::string& body);

}  // namespace pgcleave::watch
