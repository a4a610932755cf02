#pragma once
#include <filesystem>

namespace pgcleave_lab {

// The folder of a PostgreSQL's programs: `wanted`, or the newest one where it is empty. Fails when there is none.
std::filesystem::path postgres_bin(const std::filesystem::path& wanted);

}  // namespace pgcleave_lab
