#pragma once

#include <string>

namespace pgcleave::pgbouncer {

// The means that keeps clients of a paused pool waiting while its process gets another route.
enum class Hold {
  none,
  pool_size,  // default_pool_size = 0: until 1.22, where no line has a pool_size of its own
  process,    // PAUSE of the whole process: from 1.19 on, where it can be seen
};

// `version` as SHOW VERSION says it. `none` where it can't be read. A process that serves other databases is held by
// neither, since their clients would wait too: that is for the caller to know.
Hold hold_of(const std::string& version, bool own_pool_size);

}  // namespace pgcleave::pgbouncer
