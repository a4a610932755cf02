#include "app/files.h"

#include <cstdlib>

#include "base/file.h"
#include "base/log.h"
#include "steps/registry.h"

namespace pgcleave::app {
namespace {

template <class T, class Reader>
config::Read<T> read_with(const std::string& path, Reader reader) {
  const auto text = read_file(path);
  if (!text) return {{}, {problem_of(text.error())}};
  return reader(path, *text);
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::string FilesNamed::again(const std::string& environment_file) const {
  return (environment_file.empty() ? "" : " -e " + environment_file) + (journal.empty() ? "" : " --journal " + journal);
}

config::Problem problem_of(const Error& error) {
  return {{error.object}, Error{error.kind, "", error.what, error.expected, error.seen, "", ""}.text(), error.hint};
}

std::vector<Error> errors_of(const std::vector<config::Problem>& problems) {
  std::vector<Error> errors;
  for (const auto& [at, what, hint] : problems)
    errors.push_back({ErrorKind::invalid, at.text(), what, "", "", hint, ""});
  return errors;
}

Error last_of(std::vector<Error> errors) {
  auto last = std::move(errors.back());
  errors.pop_back();
  for (const auto& error : errors) log::error(error.text());
  return last;
}

void say(const std::vector<config::Problem>& problems) {
  for (const auto& problem : problems) log::error(problem.text());
}

config::Read<runbook::Runbook> read_runbook_file(const std::string& path) {
  return read_with<runbook::Runbook>(path, [](const std::string& name, const std::string& text) {
    return runbook::read_runbook(name, text, steps::vocabulary());
  });
}

config::Read<config::Environment> read_environment_file(const std::string& path) {
  return read_with<config::Environment>(
      path, [](const std::string& name, const std::string& text) { return config::read_environment(name, text); });
}

std::optional<config::Environment> told_environment(const std::string& path) {
  auto read = read_environment_file(path);
  say(read.problems);
  return std::move(read.value);
}

config::Read<config::Split> read_split_file(const std::string& path) {
  return read_with<config::Split>(
      path, [](const std::string& name, const std::string& text) { return config::read_split(name, text); });
}

config::Read<config::Split> read_split_for(const FilesNamed& files, const config::Environment& environment) {
  const auto path = files.split.empty() ? environment.split : files.split;
  if (!path.empty()) return read_split_file(path);
  return {{}, {{{environment.path}, "names no split file", "give one with --split"}}};
}

config::Read<Json> read_params(const runbook::Runbook& runbook, const std::vector<std::string>& given) {
  std::map<std::string, std::string> values;
  for (const auto& one : given) {
    const auto equals = one.find('=');
    if (equals == std::string::npos) {
      return {{}, {problem_of({ErrorKind::invalid, "--set " + one, "is not a parameter", "name=value", "", "", ""})}};
    }
    values[one.substr(0, equals)] = one.substr(equals + 1);
  }
  auto params = runbook::resolve_params(runbook, values);
  if (!params) return {{}, {problem_of(params.error())}};
  return {std::move(*params), {}};
}

std::string journal_path(const FilesNamed& files, const config::Environment* environment) {
  if (!files.journal.empty()) return files.journal;
  if (environment != nullptr && !environment->journal.empty()) return environment->journal;
  if (const auto set = variable("PGCLEAVE_JOURNAL"); !set.empty()) return set;
  if (const auto state = variable("XDG_STATE_HOME"); !state.empty()) return state + "/pgcleave/journal.db";
  return variable("HOME") + "/.local/state/pgcleave/journal.db";
}

config::Read<std::string> journal_path(const FilesNamed& files) {
  if (files.environment.empty()) return {journal_path(files, nullptr), {}};
  const auto environment = read_environment_file(files.environment);
  if (!environment.value) return {{}, environment.problems};
  return {journal_path(files, &*environment.value), {}};
}

}  // namespace pgcleave::app
