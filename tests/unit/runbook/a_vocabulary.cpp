#include "a_vocabulary.h"

namespace pgcleave::runbook {
using namespace config;
namespace {

Parameter on_side() {
  return {.name = "on", .type = Type::side, .required = true, .help = "the side"};
}

StepDescription changing(const std::string& kind, Traits traits, std::vector<Parameter> parameters = {}) {
  traits.changes = true;
  return {.kind = kind,
          .purpose = "Changes.",
          .parameters = std::move(parameters),
          .changes = "something",
          .undo = "reversed",
          .traits = traits};
}

}  // namespace

Vocabulary a_vocabulary() {
  Vocabulary out;
  out.push_back(changing("ownership.install", {}));
  out.push_back({.kind = "check.lag",
                 .purpose = "Looks at the lag.",
                 .parameters = {{.name = "below", .type = Type::bytes, .fallback = "16MiB", .help = "most bytes"},
                                {.name = "samples", .type = Type::integer, .fallback = 3, .help = "how often"},
                                {.name = "strict", .type = Type::boolean, .help = "no mercy"}},
                 .outputs = {{"bytes", "the lag"}}});
  out.push_back(
      {.kind = "gate.approve",
       .purpose = "Waits for a person.",
       .parameters = {{.name = "text", .required = true, .help = "the question"},
                      {.name = "expires", .type = Type::duration, .fallback = "15m", .help = "how long to wait"}},
       .traits = {.waits_for_person = true}});
  out.push_back(changing("pgbouncer.pause", {.pauses = true}));
  out.push_back(changing("pgbouncer.resume", {.resumes = true}));
  out.push_back(
      changing("pgbouncer.repoint", {}, {{.name = "to", .type = Type::side, .required = true, .help = "the side"}}));
  out.push_back(changing(
      "ownership.release", {.releases = true},
      {on_side(), {.name = "policy", .fallback = "fail", .help = "what to do", .choices = {"fail", "terminate"}}}));
  out.push_back(changing("ownership.take", {.takes = true}, {on_side()}));
  out.push_back({.kind = "postgres.capture_lsn",
                 .purpose = "Gives the LSN.",
                 .parameters = {on_side()},
                 .outputs = {{"lsn", "the LSN"}}});
  out.push_back(
      {.kind = "postgres.wait_replay",
       .purpose = "Waits.",
       .parameters = {on_side(), {.name = "lsn", .type = Type::lsn, .required = true, .help = "until where"}}});
  out.push_back({.kind = "command.run",
                 .purpose = "Runs a command.",
                 .parameters = {{.name = "argv", .type = Type::list, .required = true, .help = "the words"},
                                {.name = "env", .type = Type::map, .help = "variables"}},
                 .changes = "whatever the command does",
                 .undo = "no: only its author knows what it does",
                 .undo_kind = UndoKind::impossible,
                 .traits = {.changes = true}});
  return out;
}

std::vector<std::string> texts(const std::vector<config::Problem>& problems) {
  std::vector<std::string> out;
  for (const auto& problem : problems) out.push_back(problem.text());
  return out;
}

}  // namespace pgcleave::runbook
