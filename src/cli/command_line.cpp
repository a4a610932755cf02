// The only user of CLI11.
#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "base/log.h"
#include "base/version.h"
#include "cli/complain.h"
#include "cli/exit_codes.h"
#include "cli/standard_files.h"
#include "cli/verbs.h"
#include "readiness/process_findings.h"
#include "steps/check/judging.h"

namespace {

using namespace pgcleave;
using cli::Option;

std::string long_name(const std::string& name) {
  const auto dashes = name.rfind("--");
  return dashes == std::string::npos ? name : name.substr(dashes + 2);
}

void add_options(CLI::App& command, const cli::Verb& verb, cli::Arguments& arguments) {
  for (const auto& option : verb.options) {
    const auto key = long_name(option.name);
    if (option.kind == Option::Kind::flag) {
      command.add_flag(option.name, arguments.flags[key], option.help);
      continue;
    }
    auto* added = command.add_option(option.name, arguments.values[key], option.help);
    // Else a positional takes the next one's word too.
    if (option.kind == Option::Kind::several) {
      added->expected(0, -1)->type_name("");
      continue;
    }
    added->expected(1)->allow_extra_args(false);
    added->multi_option_policy(option.kind == Option::Kind::list ? CLI::MultiOptionPolicy::TakeAll
                                                                 : CLI::MultiOptionPolicy::Throw);
    if (option.required || option.kind == Option::Kind::positional) added->required();
    added->type_name(option.name == "--set" ? "NAME=VALUE" : "");
  }
}

// The whole command line: what is parsed, and where each verb's words go.
class CommandLine {
 public:
  CommandLine() : app("pgcleave splits one PostgreSQL database into two while its clients keep running.", "pgcleave") {
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("pgcleave ") + version());
    app.add_flag("-q,--quiet", quiet, "warnings and errors only");
    app.add_flag("-v,--verbose", verbose, "more talk on standard error");
    app.footer(cli::exit_codes_in_brief());
    arguments.resize(cli::verbs().size());
    for (std::size_t i = 0; i < arguments.size(); ++i) add(cli::verbs()[i], arguments[i]);
  }
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  CLI::App app;
  bool quiet = false;
  bool verbose = false;
  std::vector<cli::Arguments> arguments;  // of the verbs, in their order
  std::vector<CLI::App*> commands;

 private:
  void add(const cli::Verb& verb, cli::Arguments& words) {
    commands.push_back(app.add_subcommand(verb.name, verb.purpose));
    auto& command = *commands.back();
    command.fallthrough();
    if (verb.hidden) command.group("");
    std::string footer;
    for (const auto& example : cli::examples_of(verb.name))
      footer += (footer.empty() ? "Examples:\n  " : "\n  ") + example;
    command.footer(footer + (footer.empty() ? "" : "\n\n") + cli::exit_codes_in_brief());
    add_options(command, verb, words);
  }
};

}  // namespace

std::string pgcleave::cli::help_of(const std::string& verb) {
  const CommandLine line;
  for (const auto* command : line.commands) {
    if (command->get_name() == verb) return command->help("pgcleave");
  }
  return "";
}

int pgcleave::cli::main(int argc, char** argv) {
  cli::open_standard_files();
  steps::offer_step_kinds();
  readiness::offer_family();
  std::signal(SIGPIPE, SIG_IGN);
  ::unsetenv("PGOPTIONS");  // PgBouncer 1.18 refuses logins that carry it
  CommandLine line;
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const auto meant = error.get_exit_code() == 0 ? "" : cli::did_you_mean(verbs(), {argv + 1, argv + argc});
    if (!meant.empty()) {
      std::cerr << meant << "\n";
      return static_cast<int>(cli::ExitCode::invalid);
    }
    const int code = line.app.exit(error, std::cout, std::cerr);
    return code == 0 ? 0 : static_cast<int>(cli::ExitCode::invalid);
  }
  log::open(line.quiet ? log::Level::quiet : line.verbose ? log::Level::verbose : log::Level::normal);
  for (std::size_t i = 0; i < line.commands.size(); ++i) {
    if (line.commands[i]->parsed()) return static_cast<int>(verbs()[i].run(line.arguments[i]));
  }
  return static_cast<int>(cli::ExitCode::invalid);
}
