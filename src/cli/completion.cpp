#include <iostream>

#include "base/format.h"
#include "cli/complain.h"
#include "cli/verbs.h"

namespace pgcleave::cli {
namespace {

// Words of one verb's options, for a shell's list.
std::string options_of(const Verb& verb) {
  std::string words;
  for (const auto& option : verb.options) {
    if (option.is_positional()) continue;
    for (const auto& name : option.names()) words += name + " ";
  }
  return words + "--help";
}

std::string in_single_quotes(const std::string& text) {
  std::string quoted;
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return "'" + quoted + "'";
}

std::string visible_verbs() {
  std::string words;
  for (const auto& verb : verbs()) {
    if (!verb.hidden) words += (words.empty() ? "" : " ") + verb.name;
  }
  return words;
}

std::string for_bash() {
  std::string text = R"(# Completion of pgcleave for bash.
_pgcleave() {
  local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} options
  if [ "$COMP_CWORD" = 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W ")" +
                     visible_verbs() + R"(" -- "$word")
    return
  fi
  case $verb in
)";
  for (const auto& verb : verbs()) {
    if (!verb.hidden) text += fmt::format("    {}) options=\"{}\" ;;\n", verb.name, options_of(verb));
  }
  return text + R"(    *) options="" ;;
  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}
complete -o filenames -F _pgcleave pgcleave
)";
}

std::string for_zsh() {
  std::string text =
      "#compdef pgcleave\n# Completion of pgcleave for zsh.\n_pgcleave() {\n  local -a verbs\n  verbs=(\n";
  for (const auto& verb : verbs()) {
    if (!verb.hidden) text += fmt::format("    {}\n", in_single_quotes(verb.name + ":" + verb.purpose));
  }
  text += "  )\n  if (( CURRENT == 2 )); then\n    _describe verb verbs\n    return\n  fi\n  case ${words[2]} in\n";
  for (const auto& verb : verbs()) {
    if (verb.hidden) continue;
    text += fmt::format("    {}) compadd -- {} ;;\n", verb.name, options_of(verb));
  }
  return text + "  esac\n  _files\n}\n_pgcleave \"$@\"\n";
}

std::string for_fish() {
  std::string text = "# Completion of pgcleave for fish.\n";
  for (const auto& verb : verbs()) {
    if (verb.hidden) continue;
    text += fmt::format("complete -c pgcleave -n __fish_use_subcommand -f -a {} -d {}\n", verb.name,
                        in_single_quotes(verb.purpose));
    for (const auto& option : verb.options) {
      if (option.is_positional()) continue;
      text += fmt::format("complete -c pgcleave -n '__fish_seen_subcommand_from {}'", verb.name);
      for (const auto& name : option.names())
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      text += (option.kind == Option::Kind::flag ? " -d " : " -r -d ") + in_single_quotes(option.help) + "\n";
    }
  }
  return text;
}

ExitCode completion(const Arguments& arguments) {
  const auto shell = arguments.text("SHELL");
  if (shell == "bash") {
    std::cout << for_bash();
  } else if (shell == "zsh") {
    std::cout << for_zsh();
  } else if (shell == "fish") {
    std::cout << for_fish();
  } else {
    return complain(
        {ErrorKind::invalid, "", "there is no completion for '" + shell + "'", "", "", "write bash, zsh or fish", ""});
  }
  return ExitCode::done;
}

}  // namespace

Verb completion_verb() {
  return {"completion",
          "Print a script that lets a shell complete verbs and options.",
          {{"SHELL", Option::Kind::positional, "bash, zsh or fish"}},
          completion};
}

}  // namespace pgcleave::cli
