// A target takes any bytes; what it must never do is crash, hang, throw or break a promise (`require`). One target per
// program, linked with driver.cpp, or with clang's libFuzzer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace pgcleave::fuzz {

inline std::string text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "a promise is broken: %s\n", promise);
  std::abort();
}

// No control character reaches a terminal but the line end of a hint.
inline void require_printable(const std::string& text) {
  for (const unsigned char c : text)
    require((c >= 0x20 || c == '\n') && c != 0x7f, "what is said to people is printable");
  require(text.find("\xc2\x9b") == std::string::npos, "what is said to people holds no escapes of eight bits");
}

}  // namespace pgcleave::fuzz
