#include "cli/split_words.h"

#include <iostream>

#include "base/deadline.h"
#include "base/fields.h"
#include "base/format.h"
#include "base/lines.h"
#include "base/log.h"
#include "report/document/display.h"
#include "report/last_comparison.h"
#include "world/serving.h"

namespace pgcleave::cli {
namespace {

std::string in_words(const Json& status) {
  if (truth_in(status, "no_run")) return "this journal holds no run";
  if (status.contains("at_work")) return fmt::format("run {} is at work", text_in(status, "at_work"));
  const auto serves = world::serving_named(text_in(status, "serves")).value_or(world::Serving::unknown);
  if (serves == world::Serving::nobody) return "nobody serves: writes to moved tables fail on both sides";
  if (serves == world::Serving::both) return "BOTH sides own the moved tables";
  if (serves == world::Serving::unknown) {
    const auto why = text_in(status, "why");
    return "who serves can't be read" + (why.empty() ? "" : ": " + why);
  }
  auto text = text_in(status, "server") + " serves";
  if (!status.contains("by")) return text + ", as before any split";
  text += fmt::format(", since {}, by run {}", report::utc(whole_in(status, "since_us")), text_in(status, "by"));
  return text + (truth_in(status, "elsewhere") ? ", which is not in this journal" : "");
}

std::string verdict(const Json& lossless) {
  if (lossless.is_null()) return "whether a rollback would lose writes can't be told";
  return lossless.get<bool>() ? "a rollback now would lose nothing" : "A ROLLBACK WOULD LOSE WRITES";
}

std::vector<std::string> lines_of(const Json& rollback_path) {
  if (rollback_path.contains("error"))
    return {"rollback: can't be looked at: " + one_line(text_in(rollback_path, "error"))};
  const auto link = printable(text_in(rollback_path, "text"));
  std::vector<std::string> lines{"rollback: " + verdict(rollback_path.at("lossless")) + (link.empty() ? "" : "; ") +
                                 link};
  for (const auto& loss : rollback_path.at("losses")) lines.push_back("  " + printable(loss.get<std::string>()));
  lines.push_back("  " + printable(text_in(rollback_path, "writes_text")));
  if (const auto failover = rollback_path.find("failover"); failover != rollback_path.end())
    lines.push_back("  " + one_line(text_in(*failover, "text")));
  return lines;
}

void print_comparison(const Json& comparison) {
  const auto began_at_us = whole_in(comparison, "began_at_us");
  const auto age = began_at_us > 0 ? fmt::format(" ({})", report::age_in_words(began_at_us, utc_now_us())) : "";
  std::cout << "  rows: " << one_line(text_in(comparison, "text")) << age << "\n";
  if (const auto next = text_in(comparison, "next"); !next.empty())
    std::cout << "    compare them: " << printable(next) << "\n";
}

void print_under_way(const Json& comparison) {
  const auto said = [&](const char* key) { return one_line(text_in(comparison, key)); };
  if (comparison.contains("error")) {
    std::cout << fmt::format("  comparisons on {}: can't be asked: {}\n", said("on"), said("error"));
    return;
  }
  std::cout << fmt::format("  comparison {} on {}: {}\n", said("comparison"), said("on"), said("text"));
  std::cout << fmt::format("    {}: {}\n", said("does"), said("next"));
}

}  // namespace

void print_rollback_path(const Json& rollback_path) {
  for (const auto& line : lines_of(rollback_path)) std::cout << "  " << line << "\n";
}

void warn_of_losses(const std::optional<Json>& rollback_path) {
  if (!rollback_path || (rollback_path->contains("lossless") && rollback_path->at("lossless") == true)) return;
  for (const auto& line : lines_of(*rollback_path)) log::warn(line);
}

void print_owners(const Json& owners) {
  if (owners.contains("error")) {
    std::cout << "  owners: can't be asked: " << printable(owners.at("error").get<std::string>()) << "\n";
    return;
  }
  for (const auto& side : owners.at("sides")) std::cout << "  owner on " << printable(side.get<std::string>()) << "\n";
  for (const auto& problem : owners.at("problems"))
    std::cout << "    WRONG: " << printable(problem.get<std::string>()) << "\n";
  for (const auto& member : owners.at("not_durable"))
    std::cout << "    not durable yet on " << printable(member.get<std::string>())
              << "; promoted now it would not know who owns\n";
  const auto next = owners.at("next").get<std::string>();
  if (!next.empty()) std::cout << "    repair it: " << printable(next) << "\n";
}

void print_split_status(const Json& status) {
  std::cout << fmt::format("split {} on {}: {}\n", printable(text_in(status, "split")),
                           printable(text_in(status, "environment")), one_line(in_words(status)));
  if (status.contains("rollback_path")) print_rollback_path(status.at("rollback_path"));
  if (const auto ended = text_in(status, "path_ended"); !ended.empty())
    std::cout << "  rollback: " << printable(ended) << "\n";
  print_comparison(object_in(status, "comparison"));
  for (const auto& comparison : list_in(status, "comparisons")) print_under_way(comparison);
  for (const auto& member : list_in(status, "left_behind"))
    std::cout << "  left behind: " << one_line(member.get<std::string>()) << "\n";
  if (list_in(status, "later").empty()) return;
  std::cout << "  split by run " << printable(text_in(status, "split_by")) << "; since then:\n";
  for (const auto& run : list_in(status, "later")) std::cout << "    " << printable(run.get<std::string>()) << "\n";
}

}  // namespace pgcleave::cli
