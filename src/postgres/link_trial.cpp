#include "postgres/link_trial.h"

#include "base/format.h"
#include "postgres/connection.h"

namespace pgcleave::postgres {
namespace {

constexpr auto time_to_roll_back = std::chrono::seconds(1);

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

Result<void> try_subscription(Connection& primary, const SubscriptionSpec& spec, Deadline deadline) {
  auto conninfo = spec.connection + " connect_timeout=3";
  if (!spec.password.empty()) conninfo += " password='" + escaped(spec.password.reveal()) + "'";
  TRY(primary.simple(begin_unlogged, deadline));
  const auto tried = primary.simple(
      fmt::format("SET TRANSACTION READ WRITE; CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {} "
                  "WITH (connect = true, enabled = false, create_slot = false, copy_data = false, slot_name = NONE)",
                  quote_identifier(spec.name), quote_literal(conninfo), quote_identifier(spec.publication)),
      deadline);
  if (primary.alive() && !primary.simple("ROLLBACK", Deadline::in(time_to_roll_back))) primary.close();
  if (!tried) return fail(tried.error());
  return {};
}

}  // namespace pgcleave::postgres
