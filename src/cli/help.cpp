#include <iostream>

#include "base/format.h"
#include "base/similar.h"
#include "cli/command_line.h"
#include "cli/complain.h"
#include "cli/exit_codes.h"
#include "cli/verbs.h"

namespace pgcleave::cli {
namespace {

constexpr auto topic_exit_codes = "exit-codes";

void print_exit_codes() {
  std::cout << "Exit codes of pgcleave:\n";
  for (const auto& one : exit_meanings())
    std::cout << fmt::format("  {}  {}\n     {}\n", static_cast<int>(one.code), one.brief, one.next);
}

void print_topics() {
  std::cout << "Topics:\n  exit-codes  what each exit code means, and what to do next\nVerbs, each with "
               "`pgcleave VERB --help`:\n";
  for (const auto& verb : verbs()) {
    if (!verb.hidden) std::cout << fmt::format("  {:<14} {}\n", verb.name, verb.purpose);
  }
}

ExitCode help(const Arguments& arguments) {
  const auto topic = arguments.text("TOPIC");
  if (topic == topic_exit_codes) {
    print_exit_codes();
    return ExitCode::done;
  }
  if (topic.empty()) {
    print_topics();
    return ExitCode::done;
  }
  std::vector<std::string> known{topic_exit_codes};
  for (const auto& verb : verbs()) {
    if (verb.name == topic) {
      std::cout << help_of(verb.name);
      return ExitCode::done;
    }
    known.push_back(verb.name);
  }
  const auto close = closest(topic, known);
  return complain({ErrorKind::invalid, "", "there is no help on '" + topic + "'", "", "",
                   close.empty() ? "list the topics with: pgcleave help" : "did you mean " + close + "?", ""});
}

}  // namespace

Verb help_verb() {
  using Kind = Option::Kind;
  return {"help",
          "Explain a topic (exit-codes) or a verb.",
          {{"TOPIC", Kind::optional_positional, "exit-codes, or a verb (default: list them)"}},
          help};
}

}  // namespace pgcleave::cli
