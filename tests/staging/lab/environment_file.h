#pragma once
#include <string>

#include "lab.h"
#include "patroni_config.h"

namespace pgcleave_lab {

std::string environment_file(const Lab& lab);
std::string split_file();
std::string passfile(const Passwords& passwords);         // for whoever runs pgcleave, load and verify
std::string server_passfile(const Passwords& passwords);  // for the servers themselves, to replicate from each other

// The variables that tests/staging/baseline.sh wants, to be eval'ed by a shell.
std::string shell_variables(const Lab& lab, bool back);

}  // namespace pgcleave_lab
