// Which pgcleave this is.
#pragma once

namespace pgcleave {

// "1.2.3", or "1.2.3-4-gabcdef0" four commits after it; of a build outside a repository the project's version alone.
const char* version();

}  // namespace pgcleave
