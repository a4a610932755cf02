#include "postgres/sql/subscription_options.h"

#include "base/format.h"

namespace pgcleave::postgres {

std::string options_sql(const SubscriptionOptions& options, int version) {
  if (version < origins_since) return "";
  return fmt::format("origin = {}, run_as_owner = {}", options.local_only ? "none" : "any", options.as_owner);
}

SubscriptionOptions chosen_options(const std::vector<std::string>& other_origins, const RowSecurity& security) {
  SubscriptionOptions options;
  options.local_only = other_origins.empty();
  options.as_owner = security.bypassed && !security.forced.empty();
  return options;
}

}  // namespace pgcleave::postgres
