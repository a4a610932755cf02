// What a command line that can't be read was meant to say.
#pragma once

#include <string>
#include <vector>

#include "cli/verb.h"

namespace pgcleave::cli {

// "there is no verb rolback: did you mean rollback?". "" when neither the verb nor an option is unknown.
std::string did_you_mean(const std::vector<Verb>& verbs, const std::vector<std::string>& words);

}  // namespace pgcleave::cli
