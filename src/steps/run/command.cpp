// run.command: a program of the operator's own, without a shell in between.
#include "base/format.h"
#include "base/process.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

std::vector<std::string> words(const Json& list) {
  std::vector<std::string> argv;
  for (const auto& word : list) argv.push_back(word.is_string() ? word.get<std::string>() : to_text(word));
  return argv;
}

std::string shown(const std::vector<std::string>& argv) {
  std::string text;
  for (const auto& word : argv) text += (text.empty() ? "" : " ") + Shell::quote(word);
  return text;
}

Result<Finished> execute(Context& context, const std::vector<std::string>& argv) {
  Command command;
  command.argv = argv;
  const auto env = context.with.value("env", Json::object());
  for (const auto& [name, value] : env.items()) command.env[name] = value.get<std::string>();
  TRY_ASSIGN(auto finished, run_command(command, context.deadline, context.stop));
  return finished;
}

Result<void> must_succeed(Context& context, const std::vector<std::string>& argv) {
  TRY(context.world.effects->perform("run the command: " + shown(argv), [&]() -> Result<Json> {
    TRY_ASSIGN(const auto finished, execute(context, argv));
    if (finished.exit_code != 0) {
      return fail({ErrorKind::failed, shown(argv), "the command failed", "exit code 0",
                   fmt::format("exit code {}: {}", finished.exit_code, finished.output.substr(0, 2000)), "", ""});
    }
    return Json();
  }));
  return {};
}

Result<Observation> observe_run_command(Context& context) {
  Observation seen;
  const auto check = words(context.with.value("check", Json::array()));
  if (check.empty()) {
    seen.evidence = "no check given";
    seen.lasting = false;
    return seen;
  }
  TRY_ASSIGN(const auto finished, execute(context, check));
  seen.evidence = fmt::format("check ended with {}", finished.exit_code);
  if (finished.exit_code == 0) seen.state = State::done;
  return seen;
}

Result<Json> apply_run_command(Context& context, const Json&) {
  TRY(must_succeed(context, words(context.with.at("argv"))));
  return Json::object();
}

Result<void> undo_run_command(Context& context, const Json&, const Json&) {
  const auto argv = words(context.with.value("undo", Json::array()));
  if (argv.empty()) return {};
  return must_succeed(context, argv);
}

}  // namespace

StepKind run_command() {
  return {{.kind = "run.command",
           .purpose = "Runs a program of your own; exit code 0 is success.",
           .parameters = {{"argv",
                           runbook::Type::list,
                           nullptr,
                           true,
                           "program and arguments, such as [systemctl, stop, sidekiq]; no shell in between",
                           {}},
                          {"env",
                           runbook::Type::map,
                           Json::object(),
                           false,
                           "environment variables to add; secrets come from pgcleave's own environment",
                           {}},
                          {"check",
                           runbook::Type::list,
                           Json::array(),
                           false,
                           "a command that ends with 0 when there is nothing left to do",
                           {}},
                          {"undo",
                           runbook::Type::list,
                           Json::array(),
                           false,
                           "a command that undoes it; must be harmless when repeated",
                           {}}},
           .outputs = {},
           .changes = "whatever the program does",
           .undo = "runs `undo`, if given",
           .traits = {.changes = true}},
          nullptr,
          observe_run_command,
          apply_run_command,
          undo_run_command};
}

}  // namespace pgcleave::steps
