// Which tables clients use through the pools: what the servers' sessions of these pools last ran, seen for some
// seconds.
#pragma once

#include <set>

#include "init/bouncer.h"
#include "init/catalog.h"

namespace pgcleave::init {

// By pg_stat_activity, of the sessions that SHOW SERVERS tells. Statements are parsed; their texts are kept nowhere.
// Partitions count as their root; what is used through a view or a function is not seen. Empty where nobody works, or
// where the role may not see what others run.
Result<std::set<postgres::TableName>> used_through(const std::vector<BouncerFound>& bouncers, const PoolsFound& pools,
                                                   const Asked& asked, postgres::Connection& leader,
                                                   const CatalogFound& catalog);

}  // namespace pgcleave::init
