#include "verify.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "error.h"
#include "stored_rows.h"

namespace pgcleave_lab {
namespace {

using nlohmann::json;

struct Verdict {
  std::string serving, other_side;
  Findings findings;
  Latencies all, window;
};

std::vector<Record> read_all(const std::vector<std::filesystem::path>& files) {
  std::vector<Record> records;
  for (const auto& file : files)
    for (Record& record : read_history(file)) records.push_back(std::move(record));
  if (records.empty()) fail("the history is empty");
  return records;
}

// The target serves once it is writable and nobody says that the source still owns the tables.
std::string who_serves(const Side& target) {
  return target.writable && target.owner.value_or(2) == 2 ? "target" : "source";
}

std::vector<Failover> failovers_of(const std::vector<std::string>& texts) {
  std::vector<Failover> failovers;
  for (const auto& text : texts) {
    const auto first = text.find(':'), second = text.rfind(':');
    if (first == second) fail("'{}' is not SCOPE:FROM_US:TO_US", text);
    failovers.push_back(
        {text.substr(0, first), {std::stoll(text.substr(first + 1)), std::stoll(text.substr(second + 1))}});
  }
  return failovers;
}

Verdict look(const Lab& lab, const VerifyOptions& options) {
  const auto records = read_all(options.histories);
  int first = records.front().client, last = first;
  for (const Record& record : records) {
    first = std::min(first, record.client);
    last = std::max(last, record.client);
  }
  const Side source = inspect(lab, "main"), target = inspect(lab, "ci");
  Verdict verdict;
  verdict.serving = options.serving.empty() ? who_serves(target) : options.serving;
  const bool target_serves = verdict.serving == "target";
  const Side& serving = target_serves ? target : source;
  const Side& other = target_serves ? source : target;
  if (!serving.reachable) fail("no member of {} (the serving side) answers", serving.scope);
  if (!source.reachable) fail("no member of main answers, so the tables that stay cannot be looked at");

  // The other side first: what it holds by then must be on the serving side a moment later.
  StoredRows other_rows;
  const bool compare = other.reachable && other.writable;
  if (compare) other_rows = fetch_rows(lab, other, first, last);
  verdict.other_side = compare           ? "compared"
                       : other.reachable ? "a standby: the same by construction, not compared"
                                         : "unreachable: not compared";
  const StoredRows serving_rows = fetch_rows(lab, serving, first, last);
  const StoredRows source_rows = target_serves ? fetch_rows(lab, source, first, last) : serving_rows;
  verdict.findings = judge(records, serving_rows, source_rows, compare ? &other_rows : nullptr, other.scope,
                           options.live, failovers_of(options.may_be_lost));
  verdict.all = measure(records, {});
  verdict.window = measure(records, options.window);
  return verdict;
}

json to_json(const Verdict& v) {
  return {{"serving", v.serving},
          {"other_side", v.other_side},
          {"clean", v.findings.clean()},
          {"acknowledged", v.all.acknowledged},
          {"failed", v.all.failed},
          {"unknown", v.all.unknown},
          {"reads", v.all.reads},
          {"lost", v.findings.lost},
          {"lost_by_failover", v.findings.lost_by_failover},
          {"duplicated", v.findings.duplicated},
          {"on_both_sides", v.findings.on_both_sides},
          {"stranded", v.findings.stranded},
          {"failed_but_present", v.findings.failed_but_present},
          {"unknown_but_present", v.findings.unknown_but_present},
          {"client_errors", v.window.client_errors},
          {"error_messages", v.window.messages},
          {"client_wait_max_ms", v.window.wait_max_ms},
          {"client_gap_ms", v.window.gap_ms},
          {"staying_gap_ms", v.window.staying_gap_ms},
          {"p50_ms", v.window.p50_ms},
          {"p99_ms", v.window.p99_ms},
          {"moved_writes_per_second", v.window.per_second},
          {"stored_on", v.all.stored_on},
          {"examples", v.findings.examples}};
}

void print_table(const json& out) {
  for (const auto& [key, value] : out.items()) {
    if (key == "examples" || key == "error_messages") continue;
    const std::string text = value.is_string()         ? value.get<std::string>()
                             : value.is_number_float() ? fmt::format("{:.1f}", value.get<double>())
                                                       : value.dump();
    fmt::print("{:<24}{}\n", key, text);
  }
  for (const auto& [message, count] : out["error_messages"].items())
    fmt::print("  {:>6} x {}\n", count.dump(), message);
  for (const auto& example : out["examples"]) fmt::print("  {}\n", example.get<std::string>());
}

}  // namespace

int verify(const Lab& lab, const VerifyOptions& options) {
  try {
    const Verdict verdict = look(lab, options);
    const json out = to_json(verdict);
    if (options.as_json)
      fmt::print("{}\n", out.dump(2, ' ', false, json::error_handler_t::replace));
    else
      print_table(out);
    return verdict.findings.clean() ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "pgcleave-lab: cannot verify: {}\n", error.what());
    return 3;
  }
}

}  // namespace pgcleave_lab
