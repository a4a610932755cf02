// `pgcleave init`: from a few addresses to the two files, with what is still missing.
#pragma once

#include "checks/finding.h"
#include "init/missing.h"

namespace pgcleave::init {

struct Made {
  std::vector<std::string> files;   // as they were written, with their folder
  config::Environment environment;  // as it will be read once the secrets are in their files
  config::Split split;
  Found found;
  Choice choice;
  std::vector<Candidate> candidates;
  checks::Findings crossing;  // what the split would cut, by the checks of the family schema
  std::vector<Missing> missing;
};

struct MadeOrErrors {
  std::optional<Made> made;
  std::vector<Error> errors;  // then nothing was written
};

// Reads all, tries the files with the readers and the catalog, and only then puts them into the folder: all of them or
// none, and none that is there already.
MadeOrErrors make_files(const Asked& asked);

}  // namespace pgcleave::init
