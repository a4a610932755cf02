#include "config/job_limits.h"

namespace pgcleave::config {

const std::vector<JobLimit>& job_limits() {
  static const std::vector<JobLimit> all{
      {"replica_lag", "WAL that the slowest replica or subscriber has not replayed (64MiB)"},
      {"slot_wal", "WAL that a slot keeps (8GiB)"},
      {"wal_rate", "WAL that the server writes in a second (128MiB); slows only"}};
  return all;
}

JobLimits read_job_limits(const Node& node, Problems& problems) {
  JobLimits limits;
  Fields fields(node, "limits", node.at, problems);
  for (const auto& limit : job_limits()) {
    const auto* entry = fields.optional(limit.name);
    if (entry == nullptr) continue;
    const auto text = read_text(entry->value, limit.name, problems);
    if (!text) continue;
    const auto bytes = parse_bytes(*text);
    if (bytes) limits.sizes[limit.name] = *bytes;
    if (!bytes) problems.add(entry->value.at, bytes.error());
  }
  if (const auto* entry = fields.optional("hours")) {
    const auto text = read_text(entry->value, "hours", problems);
    const auto hours = text ? parse_hours(*text) : Result<Hours>(Hours{});
    if (text && hours) limits.hours = *hours;
    if (!hours) problems.add(entry->value.at, hours.error());
  }
  fields.finish();
  return limits;
}

}  // namespace pgcleave::config
