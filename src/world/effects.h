// The only way to change the outside: every effect goes through perform(). In a dry run it records the description and
// runs nothing: that is `plan`. Else it announces the description in the journal, runs the action and records its
// outcome. So what plan prints, what the journal says and what happens cannot drift apart, and tests inject crashes and
// lost replies here.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/deadline.h"
#include "base/json.h"
#include "base/result.h"

namespace pgcleave::world {

// What an effect means for the clients of the moved tables. The pause that a run reports is from the first `pause` to
// the `resume`.
enum class Traffic { none, pause, resume };
const char* name_of(Traffic traffic);            // as the journal has it; "" for none
Traffic traffic_named(const std::string& text);  // none for any other text

class Effects {
 public:
  using Action = std::function<Result<Json>()>;
  virtual ~Effects() = default;
  // The description is for people, names the objects, is the same in plan and run (no run-time values) and holds no
  // secret. Closed: null. Open: what the action returned.
  virtual Result<Json> perform(const std::string& description, const Action& action, Traffic traffic) = 0;
  Result<Json> perform(const std::string& description, const Action& action) {
    return perform(description, action, Traffic::none);
  }
};

// How far a long step is, said to a listener. Without a listener saying it does nothing.

class Progress {
 public:
  using Listener = std::function<void(const std::string& text)>;

  Progress() = default;
  explicit Progress(Listener listener) : listener_(std::move(listener)) {}
  void say(const std::string& text) const;

 private:
  Listener listener_;
};

// A gate's question, and a person's answer. Who answers a run's gates is set once, when the run begins to act.

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
