#pragma once
#include <chrono>
#include <functional>
#include <string>

namespace pgcleave_lab {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

void catch_signals();  // SIGINT and SIGTERM set a flag instead of ending the program
bool interrupted();    // the flag
void throw_if_interrupted();

// Asks every `pause` until the question is answered with an empty text. Any other text says what is still missing;
// the last one becomes the error when the time is over.
void wait_until(const std::string& what, milliseconds limit, const std::function<std::string()>& missing,
                milliseconds pause = milliseconds(50));

}  // namespace pgcleave_lab
