// The only way to change the outside: every effect goes through perform(). In a dry run it records the description and
// runs nothing: that is `plan`. Else it announces the description in the journal, runs the action and records its
// outcome. So what plan prints, what the journal says and what happens cannot drift apart, and tests inject crashes and
// lost replies here.
#pragma once

#include <functional>
#include <string>

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

}  // namespace pgcleave::world
