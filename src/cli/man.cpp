// Manual pages from the same rows as `--help`: pgcleave(1), and pgcleave-VERB(1) for each verb.
#include <algorithm>
#include <iostream>

#include "base/format.h"
#include "base/version.h"
#include "cli/complain.h"
#include "cli/exit_codes.h"
#include "cli/verbs.h"

namespace pgcleave::cli {
namespace {

// roff takes a leading dot or quote for a request, a backslash for an escape, and - for a hyphen.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::string heading(const std::string& page, const std::string& purpose) {
  return fmt::format(".TH {} 1 \"\" \"pgcleave {}\" \"pgcleave\"\n.SH NAME\n{} \\- {}\n", upper(roff(page)),
                     roff(version()), roff(page), roff(purpose));
}

std::string exit_status() {
  std::string text = ".SH EXIT STATUS\n";
  for (const auto& one : exit_meanings())
    text += fmt::format(".TP\n.B {}\n{}. {}\n", static_cast<int>(one.code), roff(one.brief), roff(one.next));
  return text;
}

std::string synopsis_of(const Verb& verb) {
  std::string text = fmt::format(".SH SYNOPSIS\n.B pgcleave {}\n", roff(verb.name));
  text += "[\\fIOPTIONS\\fR]";
  for (const auto& option : verb.options) {
    if (!option.is_positional()) continue;
    using Kind = Option::Kind;
    const auto name = fmt::format("\\fI{}\\fR", roff(option.name));
    text += option.kind == Kind::positional            ? " " + name
            : option.kind == Kind::optional_positional ? " [" + name + "]"
                                                       : " [" + name + "...]";
  }
  return text + "\n";
}

std::string page_of(const Verb& verb) {
  std::string text = heading("pgcleave-" + verb.name, verb.purpose) + synopsis_of(verb);
  text += ".SH DESCRIPTION\n" + roff(verb.purpose) + "\n.SH OPTIONS\n";
  for (const auto& option : verb.options)
    text +=
        fmt::format(".TP\n.B {}\n{}{}\n", roff(option.name), roff(option.help), option.required ? " (required)" : "");
  const auto examples = examples_of(verb.name);
  if (!examples.empty()) text += ".SH EXAMPLES\n.EX\n";
  for (const auto& example : examples) text += roff(example) + "\n";
  if (!examples.empty()) text += ".EE\n";
  return text + exit_status() + ".SH SEE ALSO\n.BR pgcleave (1)\n";
}

std::string main_page() {
  auto text = heading("pgcleave", "split one PostgreSQL database into two while its clients keep running");
  text += ".SH SYNOPSIS\n.B pgcleave\n\\fIVERB\\fR [\\fIOPTIONS\\fR]\n.SH VERBS\n";
  for (const auto& verb : verbs()) {
    if (!verb.hidden) text += fmt::format(".TP\n.BR pgcleave\\-{} (1)\n{}\n", roff(verb.name), roff(verb.purpose));
  }
  text +=
      ".SH FILES\n.TP\n.I /usr/share/pgcleave/runbooks\nThe shipped runbooks; "
      "each can be given by its name.\n.TP\n.I /usr/share/pgcleave/schema\n"
      "JSON Schema of runbooks, environment and split files.\n";
  return text + exit_status();
}

ExitCode man(const Arguments& arguments) {
  const auto wanted = arguments.text("VERB");
  if (wanted.empty()) {
    std::cout << main_page();
    return ExitCode::done;
  }
  for (const auto& verb : verbs()) {
    if (verb.name != wanted || verb.hidden) continue;
    std::cout << page_of(verb);
    return ExitCode::done;
  }
  return complain(
      {ErrorKind::invalid, "", "there is no verb '" + wanted + "'", "", "", "list them with: pgcleave help", ""});
}

}  // namespace

Verb man_verb() {
  return {"man",
          "Print a manual page in roff, as the package installs it.",
          {{"VERB", Option::Kind::optional_positional, "of which verb (default: the program's own)"}},
          man};
}

}  // namespace pgcleave::cli
