#include "cli/complain.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "base/similar.h"

namespace pgcleave::cli {

ExitCode complain(const Error& error) {
  log::error(error.text());
  switch (error.kind) {
    case ErrorKind::invalid: return ExitCode::invalid;
    case ErrorKind::held: return ExitCode::held;
    case ErrorKind::waiting: return ExitCode::waiting;
    default: return ExitCode::not_ready;
  }
}

ExitCode complain(const std::vector<config::Problem>& problems) {
  for (const auto& problem : problems) log::error(problem.text());
  return problems.empty() ? ExitCode::done : ExitCode::invalid;
}

namespace {

const std::vector<std::string> of_all_verbs{"--help", "--version", "--quiet", "--verbose", "-h", "-q", "-v"};

std::string unknown(const std::string& what, const std::string& word, const std::vector<std::string>& known,
                    const std::string& help) {
  const auto close = closest(word, known);
  return "there is no " + what + " " + printable(word) + (close.empty() ? "" : ": did you mean " + close + "?") +
         "\n  see: " + help;
}

std::vector<std::string> names_of(const Verb& verb) {
  auto names = of_all_verbs;
  for (const auto& option : verb.options) {
    if (option.is_positional()) continue;
    for (auto& name : option.names()) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

std::string did_you_mean(const std::vector<Verb>& verbs, const std::vector<std::string>& words) {
  const auto word =
      std::find_if(words.begin(), words.end(), [](const auto& one) { return one.empty() || one.front() != '-'; });
  if (word == words.end()) return "";
  const auto verb = std::find_if(verbs.begin(), verbs.end(), [&](const auto& one) { return one.name == *word; });
  if (verb == verbs.end()) {
    std::vector<std::string> names;
    for (const auto& one : verbs) {
      if (!one.hidden) names.push_back(one.name);
    }
    return unknown("verb", *word, names, "pgcleave --help");
  }
  const auto names = names_of(*verb);
  for (auto option = word + 1; option != words.end() && *option != "--"; ++option) {
    const auto name = option->substr(0, option->find('='));
    // What begins with one dash may be several letters, or the value of the option before.
    if (!name.starts_with("--") || std::find(names.begin(), names.end(), name) != names.end()) continue;
    return unknown("option of " + verb->name, name, names, "pgcleave " + verb->name + " --help");
  }
  return "";
}

}  // namespace pgcleave::cli
