// For a statement that holds a password: it must get neither into the server's log nor into pg_stat_statements.
#pragma once

namespace pgcleave::postgres {

inline constexpr const char* begin_unlogged =
    "BEGIN; SET LOCAL log_statement TO none; SET LOCAL log_min_duration_statement TO -1; SET LOCAL "
    "log_min_duration_sample TO -1; "
    "SET LOCAL log_transaction_sample_rate TO 0; SET LOCAL log_min_error_statement TO panic; "
    "SET LOCAL pg_stat_statements.track TO none";

}  // namespace pgcleave::postgres
