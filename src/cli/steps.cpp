#include <iostream>

#include "base/format.h"
#include "base/similar.h"
#include "cli/complain.h"
#include "steps/registry.h"

namespace pgcleave::cli {
namespace {

Json json_of(const runbook::StepDescription& row) {
  Json parameters = Json::array();
  for (const auto& one : row.parameters) {
    parameters.push_back({{"name", one.name},
                          {"type", runbook::name_of(one.type)},
                          {"required", one.required},
                          {"default", one.fallback},
                          {"help", one.help},
                          {"choices", one.choices}});
  }
  Json outputs = Json::array();
  for (const auto& output : row.outputs) outputs.push_back({{"name", output.name}, {"help", output.help}});
  return {
      {"kind", row.kind},   {"earlier_kind", row.earlier_kind}, {"purpose", row.purpose}, {"parameters", parameters},
      {"outputs", outputs}, {"changes", row.changes},           {"undo", row.undo}};
}

void print(const runbook::StepDescription& row) {
  std::cout << row.kind << "\n  " << row.purpose << "\n";
  if (!row.earlier_kind.empty()) std::cout << "  earlier: " << row.earlier_kind << ", which is still read\n";
  for (const auto& one : row.parameters) {
    std::cout << fmt::format(
        "  with.{:<18} {:<9} {}{}\n", one.name, runbook::name_of(one.type), one.help,
        one.required ? " (required)"
                     : " (default " +
                           (one.fallback.is_string() ? one.fallback.get<std::string>() : to_text(one.fallback)) + ")");
  }
  for (const auto& output : row.outputs) std::cout << fmt::format("  output {:<18} {}\n", output.name, output.help);
  std::cout << "  changes: " << (row.changes.empty() ? "nothing" : row.changes) << "\n  undo: " << row.undo << "\n";
}

ExitCode show_kinds(const Arguments& arguments) {
  const auto words = steps::vocabulary();
  const auto wanted = arguments.text("KIND");
  if (!wanted.empty()) {
    const auto* row = runbook::find(words, wanted);
    if (row == nullptr) {
      std::vector<std::string> kinds;
      for (const auto& word : words) kinds.push_back(word.kind);
      const auto close = closest(wanted, kinds);
      return complain(Error{ErrorKind::invalid, wanted, "is no step kind", "", "",
                            close.empty() ? "list them with: pgcleave steps" : "did you mean " + close + "?", ""});
    }
    if (arguments.flag("json")) std::cout << to_text(json_of(*row), 2) << "\n";
    if (!arguments.flag("json")) print(*row);
    return ExitCode::done;
  }
  Json all = Json::array();
  for (const auto& row : words) {
    if (arguments.flag("json")) all.push_back(json_of(row));
    if (!arguments.flag("json")) std::cout << fmt::format("{:<28} {}\n", row.kind, row.purpose);
  }
  if (arguments.flag("json")) std::cout << to_text(all, 2) << "\n";
  return ExitCode::done;
}

}  // namespace

Verb steps_verb() {
  return {"steps",
          "List the step kinds, or explain one.",
          {{"KIND", Option::Kind::optional_positional, "such as pgbouncer.pause"}, json_option()},
          show_kinds};
}

}  // namespace pgcleave::cli
