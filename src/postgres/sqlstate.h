// SQLSTATEs by which more than one place decides, by the names of their conditions (PostgreSQL's appendix A).
#pragma once

namespace pgcleave::postgres {

inline constexpr const char* cannot_connect_now = "57P03";  // starts, recovers or shuts down

inline constexpr const char* invalid_schema_name = "3F000";
inline constexpr const char* insufficient_privilege = "42501";

}  // namespace pgcleave::postgres
