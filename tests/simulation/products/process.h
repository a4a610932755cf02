// The program's process: it lives until it dies at a point.
#pragma once

namespace pgcleave::simulation {

void begin_process();
bool process_is_dead();

}  // namespace pgcleave::simulation
