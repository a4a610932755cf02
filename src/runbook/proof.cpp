#include "runbook/proof.h"

#include <map>
#include <optional>
#include <unordered_map>

#include "base/format.h"
#include "config/side_name.h"

namespace pgcleave::runbook {
namespace {

using TraitsOfKinds = std::unordered_map<std::string, Traits>;

config::Place place(const StepLine& step) {
  return {step.at.line, step.at.column};
}

// The side that a step is on; no value when it is not written out.
std::optional<config::SideName> side_of(const StepLine& step) {
  const auto on = step.with.find("on");
  if (on == step.with.end() || !on->is_string()) return std::nullopt;
  const auto side = config::side_named(on->get<std::string>());
  return side ? std::optional(*side) : std::nullopt;
}

// Goes through one window, step by step.
class WindowProof {
 public:
  WindowProof(const Phase& phase, config::Problems& problems) : phase_(phase), problems_(problems) {}

  void step(const StepLine& step, const Traits& traits) {
    check_keys(step, traits);
    if (traits.pauses) paused_ = paused_ != nullptr ? paused_ : &step;
    if (traits.pauses) pauses_ = true;
    if (traits.resumes) paused_ = nullptr;
    if (traits.resumes) resumed_after_take_ = taken_ != nullptr;
    if (traits.releases) release(step);
    if (traits.takes) take(step);
  }

  void finish() {
    if (paused_ != nullptr) {
      report(*paused_, "pauses clients, and no step after it resumes them in this window",
             "add a step that resumes, such as pgbouncer.resume");
    } else if (taken_ != nullptr && pauses_ && !resumed_after_take_) {
      report(*taken_, "takes ownership after clients were resumed: they would write while nobody owns the tables",
             "move the step that resumes behind it");
    }
    for (const auto& [side, step] : released_) {
      if (taken_ == nullptr) {
        report(*step,
               fmt::format("releases ownership of the {}, and no step of this window takes it: nobody could write",
                           name_of(side)),
               "add a step that takes ownership on the other side");
      }
    }
  }

 private:
  void report(const StepLine& step, const std::string& what, const std::string& hint) {
    problems_.add(place(step), fmt::format("step '{}' {}", step.id, what), hint);
  }

  void check_keys(const StepLine& step, const Traits& traits) {
    if (traits.waits_for_person) {
      report(step, fmt::format("waits for a person while clients wait in {}", phase_.name),
             "move it in front of the window, to gate");
    }
    if (step.retries > 0)
      report(step, "has retries inside a window",
             "remove them: the budget bounds the window, and what fails is undone");
    const bool decides = traits.pauses || traits.resumes || traits.releases || traits.takes;
    if (decides && !step.when.empty()) {
      report(step, "may be skipped by its `when`, but it pauses, resumes, releases or takes", "remove `when`");
    }
  }

  std::optional<config::SideName> written_side(const StepLine& step) {
    const auto side = side_of(step);
    if (!side)
      report(step, "must say on which side, as source or target", "write with: {on: source} or with: {on: target}");
    return side;
  }

  void release(const StepLine& step) {
    const auto side = written_side(step);
    if (side) released_.emplace(*side, &step);
    if (taken_ != nullptr)
      report(step, fmt::format("releases ownership after '{}' took it", taken_->id), "move it in front");
  }

  void take(const StepLine& step) {
    const auto side = written_side(step);
    if (taken_ != nullptr)
      report(step, fmt::format("takes ownership again after '{}'", taken_->id), "a window takes ownership once");
    if (taken_ == nullptr) taken_ = &step;
    if (!side || released_.contains(other(*side))) return;
    report(step,
           fmt::format("takes ownership on the {}, but no earlier step of this window releases it on the {}",
                       name_of(*side), name_of(other(*side))),
           fmt::format("add a step that releases with on: {} in front of it, such as ownership.release",
                       name_of(other(*side))));
  }

  const Phase& phase_;
  config::Problems& problems_;
  const StepLine* paused_ = nullptr;
  const StepLine* taken_ = nullptr;
  bool pauses_ = false;
  bool resumed_after_take_ = false;
  std::map<config::SideName, const StepLine*> released_;
};

void check_outside(const Phase& phase, const StepLine& step, const Traits& traits, config::Problems& problems) {
  const auto forbid = [&](bool is, const char* what) {
    if (!is) return;
    problems.add(place(step), fmt::format("step '{}' {} outside a window, in {}", step.id, what, phase.name),
                 "move it into a window: only there clients wait within a budget");
  };
  forbid(traits.pauses, "pauses clients");
  forbid(traits.releases, "releases ownership");
  forbid(traits.takes, "takes ownership");
}

}  // namespace

void prove(const Runbook& runbook, const Vocabulary& vocabulary, config::Problems& problems) {
  TraitsOfKinds traits_of;
  for (const auto& step : vocabulary) traits_of.emplace(step.kind, step.traits);
  for (const auto& phase : runbook.phases) {
    WindowProof window(phase, problems);
    for (const auto& step : phase.steps) {
      const auto found = traits_of.find(step.uses);
      if (found == traits_of.end()) continue;
      if (phase.is_window) {
        window.step(step, found->second);
      } else {
        check_outside(phase, step, found->second, problems);
      }
    }
    if (phase.is_window) window.finish();
  }
}

}  // namespace pgcleave::runbook
