// A verb of the command line: a row that says what it takes, and a function. CLI11 is known to command_line.cpp only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/run_result.h"

namespace pgcleave::cli {

struct Option {
  enum class Kind {
    flag,
    value,
    list,
    positional,
    optional_positional,
    several
  };  // several: positionals, none or more
  std::string name;  // "--environment,-e", or the positional's name
  Kind kind = Kind::value;
  std::string help;
  bool required = false;
  [[nodiscard]] bool is_positional() const { return !name.starts_with('-'); }
  [[nodiscard]] std::vector<std::string> names() const;  // "-e,--environment" is two
};

// By the long name without dashes.
class Arguments {
 public:
  std::map<std::string, std::vector<std::string>> values;
  std::map<std::string, bool> flags;
  [[nodiscard]] std::string text(const std::string& name) const;  // "" when not given
  [[nodiscard]] std::vector<std::string> list(const std::string& name) const;
  [[nodiscard]] bool flag(const std::string& name) const;
};

using engine::ExitCode;

struct Verb {
  std::string name;
  std::string purpose;
  std::vector<Option> options;
  ExitCode (*run)(const Arguments& arguments);
  bool hidden = false;  // for pgcleave itself
};

Option environment_option(bool required);
Option journal_option();
Option takeover_option();
Option gone_option();
Option json_option();
Option set_option();

}  // namespace pgcleave::cli
