#include "cli/next.h"

#include "app/files.h"
#include "base/log.h"
#include "base/process.h"

namespace pgcleave::cli {

void say_next(const std::string& command) {
  log::info("next: " + command);
}

std::string same_files(const Arguments& arguments) {
  auto words = " -e " + in_shell(arguments.text("environment"));
  for (const char* name : {"split", "journal"}) {
    if (const auto& text = arguments.text(name); !text.empty())
      words += std::string(" --") + name + " " + in_shell(text);
  }
  for (const auto& text : arguments.list("set")) words += " --set " + in_shell(text);
  return words;
}

bool is_production(const Arguments& arguments) {
  const auto environment = app::read_environment_file(arguments.text("environment"));
  return !environment.value || environment.value->production;
}

std::string in_shell(const std::string& word) {
  if (!word.empty() &&
      word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,") ==
          std::string::npos)
    return word;
  return Shell::quote(word);
}

}  // namespace pgcleave::cli
