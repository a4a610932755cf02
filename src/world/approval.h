// A gate's question, and a person's answer. Who answers a run's gates is set once, when the run begins to act.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/deadline.h"

namespace pgcleave::world {

// What a gate asks a person. With `words` only these words, typed exactly, approve.
struct Question {
  std::string step;
  std::string text;
  std::string words;
  Duration expires{};
  bool at_the_terminal = true;  // false: only what was approved beforehand counts
};

// A person's answer to a gate.
struct Approval {
  bool given = false;
  std::string by;
  std::string how;
  std::string words;  // as they were typed, if words were asked for
};

// Those who can be asked. Nobody is, where none were named.
class Approvers {
 public:
  using Answer = std::function<std::optional<Approval>(const Question& question)>;

  Approvers() = default;
  explicit Approvers(Answer answer) : answer_(std::move(answer)) {}
  // No value: nobody has answered yet, and nobody is there to ask.
  [[nodiscard]] std::optional<Approval> answer(const Question& question) const;

 private:
  Answer answer_;
};

}  // namespace pgcleave::world
