#include "cli/verb.h"

#include <algorithm>

namespace pgcleave::cli {

std::vector<std::string> Option::names() const {
  std::vector<std::string> names;
  for (std::size_t from = 0; from < name.size();) {
    const auto end = std::min(name.find(',', from), name.size());
    names.push_back(name.substr(from, end - from));
    from = end + 1;
  }
  return names;
}

std::string Arguments::text(const std::string& name) const {
  const auto found = values.find(name);
  return found == values.end() || found->second.empty() ? std::string() : found->second.front();
}

std::vector<std::string> Arguments::list(const std::string& name) const {
  const auto found = values.find(name);
  return found == values.end() ? std::vector<std::string>() : found->second;
}

bool Arguments::flag(const std::string& name) const {
  const auto found = flags.find(name);
  return found != flags.end() && found->second;
}

Option environment_option(bool required) {
  return {"-e,--environment", Option::Kind::value, "environment file", required};
}

Option journal_option() {
  return {"--journal", Option::Kind::value,
          "journal file (default: the environment's, $PGCLEAVE_JOURNAL, or the state folder)", false};
}

Option takeover_option() {
  return {"--takeover", Option::Kind::flag,
          "take the split from a run elsewhere that will not act again; whoever holds it can do nothing more", false};
}

Option gone_option() {
  return {"--gone", Option::Kind::list,
          "a bouncer that the run began with and that is out of service: nobody listens there, and the environment "
          "file names it no more",
          false};
}

Option json_option() {
  return {"--json", Option::Kind::flag, "data as JSON on standard output", false};
}

Option set_option() {
  return {"--set", Option::Kind::list, "name=value of a runbook parameter; may be repeated", false};
}

}  // namespace pgcleave::cli
