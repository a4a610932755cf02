// The only user of CLI11.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "base/log.h"
#include "base/version.h"
#include "cli/did_you_mean.h"
#include "cli/verb.h"
#include "readiness/process.h"
#include "steps/check/judging_kinds.h"

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

}  // namespace

int pgcleave::cli::main(int argc, char** argv) {
  cli::open_standard_files();
  steps::offer_step_kinds();
  readiness::offer_family();
  std::signal(SIGPIPE, SIG_IGN);
  ::unsetenv("PGOPTIONS");  // PgBouncer 1.18 refuses logins that carry it
  const std::vector<cli::Verb> verbs{
      cli::validate_verb(), cli::check_verb(),  cli::doctor_verb(), cli::plan_verb(),   cli::rehearse_verb(),
      cli::solved_verb(),   cli::sign_verb(),   cli::run_verb(),    cli::resume_verb(), cli::rollback_verb(),
      cli::approve_verb(),  cli::status_verb(), cli::runs_verb(),   cli::log_verb(),    cli::track_verb(),
      cli::report_verb(),   cli::steps_verb(),  cli::schema_verb(), cli::guard_verb(),  cli::repair_owner_verb()};
  CLI::App app{"pgcleave splits one PostgreSQL database into two while its clients keep running.", "pgcleave"};
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("pgcleave ") + version());
  bool quiet = false;
  bool verbose = false;
  app.add_flag("-q,--quiet", quiet, "warnings and errors only");
  app.add_flag("-v,--verbose", verbose, "more talk on standard error");
  app.footer(
      "Exit codes: 0 done, 2 usage or invalid file, 3 not ready and nothing changed, 4 failed and undone, 5 needs a "
      "person,\n"
      "6 waiting for approval, 7 another run holds the split, 8 past the point of no return (resume finishes it),\n"
      "9 done but a budget or a check was missed.");
  std::vector<cli::Arguments> arguments(verbs.size());
  std::vector<CLI::App*> commands;
  for (std::size_t i = 0; i < verbs.size(); ++i) {
    commands.push_back(app.add_subcommand(verbs[i].name, verbs[i].purpose));
    commands.back()->fallthrough();
    if (verbs[i].hidden) commands.back()->group("");
    add_options(*commands.back(), verbs[i], arguments[i]);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const auto meant = error.get_exit_code() == 0 ? "" : cli::did_you_mean(verbs, {argv + 1, argv + argc});
    if (!meant.empty()) {
      std::cerr << meant << "\n";
      return static_cast<int>(cli::ExitCode::invalid);
    }
    const int code = app.exit(error, std::cout, std::cerr);
    return code == 0 ? 0 : static_cast<int>(cli::ExitCode::invalid);
  }
  log::open(quiet ? log::Level::quiet : verbose ? log::Level::verbose : log::Level::normal);
  for (std::size_t i = 0; i < verbs.size(); ++i) {
    if (commands[i]->parsed()) return static_cast<int>(verbs[i].run(arguments[i]));
  }
  return static_cast<int>(cli::ExitCode::invalid);
}
