// initdb takes a second, a copy of what it made a twentieth. So the first test that needs a cluster keeps it beside the
// test programs, and the others, each in a process of its own, copy it. Clusters of different names are different ones,
// with system identifiers of their own.
#pragma once

#include <string>

namespace pgcleave::postgres::test {

// Into `data`, which is not there yet. False: none of that name is kept, or it can't be read.
bool copy_kept_cluster(const std::string& name, const std::string& data);
// Never started. Whoever comes second, or may not write there, keeps nothing.
void keep_cluster(const std::string& name, const std::string& data);

}  // namespace pgcleave::postgres::test
