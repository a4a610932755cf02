#include "runbook/evidence.h"

#include <algorithm>

#include "base/format.h"

namespace pgcleave::runbook {
namespace {

constexpr auto shortest_probe = std::chrono::milliseconds(1);
constexpr auto longest_probe = std::chrono::seconds(1);
constexpr int most_rehearsals = 100;

Duration read_length(config::Fields& fields, const std::string& key, Duration fallback, config::Problems& problems) {
  const auto* entry = fields.optional(key);
  if (entry == nullptr) return fallback;
  const auto text = read_text(entry->value, key, problems);
  if (!text) return fallback;
  const auto length = parse_duration(*text);
  if (length && *length > Duration::zero()) return *length;
  problems.add(
      entry->value.at,
      length ? fmt::format("{} must be longer than nothing", key) : fmt::format("{}: {}", key, length.error().what),
      length ? "" : "write " + length.error().expected);
  return fallback;
}

void read_probe(const config::Node& node, Runbook& runbook, config::Problems& problems) {
  config::Fields fields(node, "probe", node.at, problems);
  runbook.probe_every = read_length(fields, "every", runbook.probe_every, problems);
  fields.finish();
  if (runbook.probe_every >= shortest_probe && runbook.probe_every <= longest_probe) return;
  problems.add(fields.optional("every")->value.at, "every must be between 1ms and 1s",
               "5ms is what most bouncers bear easily");
}

void read_rehearsal(const config::Node& node, Runbook& runbook, config::Problems& problems) {
  config::Fields fields(node, "rehearsal", node.at, problems);
  if (const auto* times = fields.optional("times")) {
    const auto count = read_integer(times->value, "times", problems);
    if (count && (*count < 0 || *count > most_rehearsals))
      problems.add(times->value.at, fmt::format("times must be between 0 and {}", most_rehearsals));
    if (count) runbook.rehearsal.times = static_cast<int>(std::clamp<std::int64_t>(*count, 0, most_rehearsals));
  }
  runbook.rehearsal.max_age = read_length(fields, "max_age", runbook.rehearsal.max_age, problems);
  fields.finish();
}

std::vector<std::string> read_lines(config::Fields& top, const std::string& key, config::Problems& problems) {
  std::vector<std::string> lines;
  for (const auto* item : top.list(key)) {
    const auto text = read_text(*item, "an entry of " + key, problems);
    if (!text) continue;
    if (text->empty()) problems.add(item->at, fmt::format("an entry of {} is empty", key));
    if (std::find(lines.begin(), lines.end(), *text) != lines.end())
      problems.add(item->at, fmt::format("{} stands twice in {}", config::shown(*text), key));
    lines.push_back(*text);
  }
  return lines;
}

}  // namespace

void read_evidence(config::Fields& top, Runbook& runbook, config::Problems& problems) {
  if (const auto* probe = top.map("probe")) read_probe(*probe, runbook, problems);
  if (const auto* rehearsal = top.map("rehearsal")) read_rehearsal(*rehearsal, runbook, problems);
  runbook.roles = read_lines(top, "roles", problems);
  runbook.watch = read_lines(top, "watch", problems);
}

Json evidence_schema() {
  const Json duration{{"$ref", "#/$defs/duration"}};
  const Json lines{{"type", "array"}, {"uniqueItems", true}, {"items", {{"type", "string"}, {"minLength", 1}}}};
  const auto closed = [](Json properties) {
    return Json{{"type", "object"}, {"additionalProperties", false}, {"properties", properties}};
  };
  auto every = duration;
  auto max_age = duration;
  every["description"] = "how often a probe writes through each bouncer while a window is open";
  max_age["description"] = "a rehearsal that is older does not count";
  const Json times{{"type", "integer"},
                   {"minimum", 0},
                   {"maximum", most_rehearsals},
                   {"description", "good rehearsals that are asked for"}};
  auto roles = lines;
  auto watch = lines;
  roles["description"] = "who must sign before a production run is ready";
  watch["description"] = "what would call for a rollback, in words";
  return {{"probe", closed({{"every", every}})},
          {"rehearsal", closed({{"times", times}, {"max_age", max_age}})},
          {"roles", roles},
          {"watch", watch}};
}

}  // namespace pgcleave::runbook
