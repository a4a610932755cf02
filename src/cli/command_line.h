// The program's way in: reads the command line and runs its verb.
#pragma once

#include <string>

namespace pgcleave::cli {

// The exit code. What can't be read is said on standard error, with what was probably meant.
int main(int argc, char** argv);

// As `pgcleave VERB --help` prints it.
std::string help_of(const std::string& verb);

}  // namespace pgcleave::cli
