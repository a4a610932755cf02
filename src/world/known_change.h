// What is known of a change before it is carried out: the change itself, and how long clients waited in its rehearsals.
// Steps do not read journals, so the world is given this when it is made.
#pragma once

#include <functional>
#include <utility>

#include "runbook/change.h"
#include "runbook/phase_kind.h"

namespace pgcleave::world {

// How long clients waited in rehearsals of the very runbook that is run.
struct RehearsedPause {
  int rounds = 0;  // 0: never
  double p50_ms = 0;
  double p90_ms = 0;
  double max_ms = 0;
};

class KnownChange {
 public:
  using Pauses = std::function<RehearsedPause(runbook::PhaseKind window)>;

  // Nobody said.
  KnownChange() = default;
  // `change` must outlive this. `pauses` reads journals when it is asked.
  KnownChange(const runbook::Change& change, Pauses pauses) : change_(&change), pauses_(std::move(pauses)) {}

  // For checks that judge the change itself; null: nobody said.
  [[nodiscard]] const runbook::Change* change() const { return change_; }
  // It may have to read many journals: not to be called while clients wait.
  [[nodiscard]] RehearsedPause pause_in(runbook::PhaseKind window) const;

 private:
  const runbook::Change* change_ = nullptr;
  Pauses pauses_;
};

}  // namespace pgcleave::world
