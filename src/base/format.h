// The only file that includes fmt.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
