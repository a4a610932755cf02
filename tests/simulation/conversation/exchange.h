// One exchange is one line: what was asked, and what came of it as far as it is the same each time.
#pragma once

#include <string>

#include "base/format.h"
#include "world/world.h"

namespace pgcleave::conversation {

class Transcript {
 public:
  template <class T>
  void ordered(const std::string& what, const Result<T>& result) {
    add(what, result ? "done" : refused(result.error()));
  }
  template <class T, class Tell>
  void asked(const std::string& what, const Result<T>& result, Tell tell) {
    add(what, result ? std::string(tell(*result)) : refused(result.error()));
  }
  void add(const std::string& what, const std::string& answer) { text_ += what + " > " + answer + "\n"; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  static std::string refused(const Error& error) {
    return std::string(name_of(error.kind)) + (error.code.size() == 5 ? " " + error.code : "");
  }
  std::string text_;
};

inline const char* yes(bool truth) {
  return truth ? "yes" : "no";
}

inline Deadline soon() {
  return Deadline::in(std::chrono::seconds(20));
}

// Waits until `holds` says true, and tells whether it ever did.
template <class Holds>
const char* comes_true(Duration patience, Holds holds) {
  const auto waited = wait_until("it holds", Deadline::in(patience), std::chrono::milliseconds(10), nullptr,
                                 [&]() -> Result<bool> { return holds(); });
  return yes(waited.has_value());
}

void talk_with_bouncers(world::World& world, Transcript& told);
void talk_of_ownership(world::World& world, Transcript& told);
void talk_of_replication(world::World& world, Transcript& told);
void talk_of_promotion(world::World& world, Transcript& told);

}  // namespace pgcleave::conversation
