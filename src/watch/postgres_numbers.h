// One side's leader in numbers.
#pragma once

#include "postgres/catalog.h"
#include "watch/numbers.h"
#include "world/side.h"

namespace pgcleave::watch {

// Scope "source" or "target". `moved`: the tables whose dead rows and size are told; `split`: whose links are followed.
std::unique_ptr<Source> postgres_numbers(fence::Owner side, const config::SideAccess& access, const std::string& split,
                                         const std::vector<postgres::TableName>& moved);

}  // namespace pgcleave::watch
