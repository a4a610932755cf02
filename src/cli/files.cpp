#include "cli/files.h"

#include <cstdlib>

#include "base/file.h"
#include "base/log.h"
#include "steps/registry.h"

namespace pgcleave::cli {
namespace {

template <class T, class Reader>
std::optional<T> read_with(const std::string& path, Reader reader) {
  const auto text = read_file(path);
  if (!text) {
    complain(text.error());
    return {};
  }
  auto read = reader(path, *text);
  complain(read.problems);
  return std::move(read.value);
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

void complain(const std::vector<config::Problem>& problems) {
  for (const auto& problem : problems) log::error(problem.text());
}

ExitCode complain(const Error& error) {
  log::error(error.text());
  switch (error.kind) {
    case ErrorKind::invalid: return ExitCode::invalid;
    case ErrorKind::held: return ExitCode::held;
    case ErrorKind::waiting: return ExitCode::waiting;
    default: return ExitCode::not_ready;
  }
}

std::optional<runbook::Runbook> read_runbook_file(const std::string& path) {
  return read_with<runbook::Runbook>(path, [](const std::string& name, const std::string& text) {
    return runbook::read_runbook(name, text, steps::vocabulary());
  });
}

std::optional<config::Environment> read_environment_file(const std::string& path) {
  return read_with<config::Environment>(
      path, [](const std::string& name, const std::string& text) { return config::read_environment(name, text); });
}

std::optional<config::Split> read_split_file(const std::string& path) {
  return read_with<config::Split>(
      path, [](const std::string& name, const std::string& text) { return config::read_split(name, text); });
}

std::optional<config::Split> read_split_for(const Arguments& arguments, const config::Environment& environment) {
  const auto path = arguments.text("split").empty() ? environment.split : arguments.text("split");
  if (!path.empty()) return read_split_file(path);
  complain(Error{ErrorKind::invalid, environment.path, "names no split file", "", "", "give one with --split", ""});
  return {};
}

std::optional<Json> read_params(const runbook::Runbook& runbook, const std::vector<std::string>& given) {
  std::map<std::string, std::string> values;
  for (const auto& one : given) {
    const auto equals = one.find('=');
    if (equals == std::string::npos) {
      complain(Error{ErrorKind::invalid, "--set " + one, "is not a parameter", "name=value", "", "", ""});
      return {};
    }
    values[one.substr(0, equals)] = one.substr(equals + 1);
  }
  auto params = runbook::resolve_params(runbook, values);
  if (!params) {
    complain(params.error());
    return {};
  }
  return std::move(*params);
}

std::string journal_path(const Arguments& arguments, const config::Environment* environment) {
  if (const auto given = arguments.text("journal"); !given.empty()) return given;
  if (environment != nullptr && !environment->journal.empty()) return environment->journal;
  if (const auto set = variable("PGCLEAVE_JOURNAL"); !set.empty()) return set;
  if (const auto state = variable("XDG_STATE_HOME"); !state.empty()) return state + "/pgcleave/journal.db";
  return variable("HOME") + "/.local/state/pgcleave/journal.db";
}

std::optional<std::string> journal_path(const Arguments& arguments) {
  const auto file = arguments.text("environment");
  if (file.empty()) return journal_path(arguments, nullptr);
  const auto environment = read_environment_file(file);
  if (!environment) return {};
  return journal_path(arguments, &*environment);
}

}  // namespace pgcleave::cli
