// Who acts, from where, with which journal: as it stands in journals and in the lease of a split.
#pragma once

#include <string>

#include "journal/journal.h"

namespace pgcleave::app {

std::string operator_name();  // user@host
std::string host_name();
// The journal's file: the path that is the same from every folder, and what a copy does not share.
std::string journal_identity(const journal::Journal& journal);

}  // namespace pgcleave::app
