// Catch2 3, as Debian 13 has it, by the header's name of Catch2 2, as Debian 12 has it.
#pragma once
#include <catch2/catch_all.hpp>

using Catch::Approx;
