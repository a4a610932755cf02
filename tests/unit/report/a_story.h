// The events of a run, as a journal would hold them, at times of the test's choice.
#pragma once

#include <string>
#include <vector>

#include "report/run_story.h"

namespace pgcleave::report {

class AStory {
 public:
  // `ms` on both clocks since the run began.
  AStory& at(double ms) {
    now_ms_ = ms;
    return *this;
  }
  AStory& add(const std::string& type, Json data = Json::object()) {
    journal::Event event;
    event.seq = static_cast<std::int64_t>(events_.size()) + 1;
    event.run = "r-20261122-022102-12dc";
    event.at_us = 1'795'314'062'000'000 + static_cast<std::int64_t>(now_ms_ * 1000) + wall_leap_us_;
    event.mono_us = mono_from_us_ + static_cast<std::int64_t>(now_ms_ * 1000);
    event.type = type;
    event.data = std::move(data);
    event.hash = "hash-" + std::to_string(event.seq);
    events_.push_back(event);
    return *this;
  }
  // Another machine's clock, or the same after a boot: it counts from elsewhere.
  AStory& on_another_clock(double hours_later) {
    mono_from_us_ = 5'000'000;
    wall_leap_us_ = static_cast<std::int64_t>(hours_later * 3'600'000'000);
    return *this;
  }

  AStory& begin(const Json& more = Json::object()) {
    Json begun{{"name", "logical-switchover"}, {"environment_name", "lab"}, {"class", "staging"},
               {"split_name", "ci"},           {"operator", "ann@host"},    {"host", "host"},
               {"sha256", "7becd7b0c9f7aaaa"}, {"version", "0.1.0"}};
    begun.update(more);
    return at(0).add("run.begun", begun);
  }
  AStory& phase(const std::string& name) { return add("phase.begun", {{"phase", name}, {"attempt", 1}}); }
  AStory& step(const std::string& id, const std::string& uses, double from, double to,
               const Json& outputs = Json::object()) {
    at(from).add("step.intent", {{"step", id}, {"uses", uses}, {"with", Json::object()}, {"before", Json::object()}});
    return at(to).add("step.done", {{"step", id}, {engine::outputs_field, outputs}, {"ms", to - from}});
  }
  AStory& effect(const std::string& step, const std::string& traffic, double from, double to,
                 const std::string& outcome = "ok") {
    Json data{{"step", step}, {"effect", traffic + " the pool"}, {"traffic", traffic}};
    at(from).add("effect.announced", data);
    data["outcome"] = outcome;
    return at(to).add("effect.done", data);
  }
  // A window that takes from `from` to `from` + 40 ms, in which clients wait for 30 ms.
  AStory& window(double from, const std::string& phase_name = "window", const std::string& serves = "target") {
    const std::string back = phase_name == "window" ? "" : "back_";
    at(from).phase(phase_name);
    add("window.entered", {{"phase", phase_name}, {"attempt", 1}, {"budget_ms", 5000.0}, {"undo_reserve_ms", 1500.0}});
    at(from).add("step.intent", {{"step", back + "pause"}, {"uses", "pgbouncer.pause"}});
    effect(back + "pause", "pause", from + 5, from + 9);
    at(from + 10).add("step.done", {{"step", back + "pause"}, {engine::outputs_field, Json::object()}, {"ms", 10.0}});
    step(back + "take", "ownership.take", from + 10, from + 30);
    at(from + 30).add("window.taken", {{"phase", phase_name}});
    at(from + 30).add("step.intent", {{"step", back + "resume"}, {"uses", "pgbouncer.resume"}});
    effect(back + "resume", "resume", from + 33, from + 35);
    at(from + 40).add("step.done", {{"step", back + "resume"}, {engine::outputs_field, Json::object()}, {"ms", 10.0}});
    add("window.left", {{"phase", phase_name}, {"outcome", "done"}});
    serves_ = serves;
    return *this;
  }
  AStory& watched(const std::string& phase_name, double outage_ms, std::int64_t errors = 0) {
    const auto began = events_.front().at_us;
    return add("window.watched", {{"phase", phase_name},
                                  {"attempt", 1},
                                  {"every_ms", 5.0},
                                  {"why", ""},
                                  {"outage_ms", outage_ms},
                                  {"mean_outage_ms", outage_ms / 2},
                                  {"longest_wait_ms", outage_ms - 2},
                                  {"errors", errors},
                                  {"wrong_side", 0},
                                  {"bouncers",
                                   {{{"name", "bouncer-1"},
                                     {"writes", 400},
                                     {"errors", errors},
                                     {"first_error", ""},
                                     {"outage_ms", outage_ms},
                                     {"longest_wait_ms", outage_ms - 2},
                                     {"first_on", "main"},
                                     {"last_on", "ci"}}}},
                                  {"curve", {{"from_us", began}, {"step_ms", 10.0}, {"writes", {2, 2, 0, 0, 2, 2}}}}});
  }
  AStory& finish(const std::string& outcome = "done", int exit = 0,
                 const std::string& text = "the split is done: target ci serves") {
    return add("run.finished", {{"outcome", outcome}, {"exit", exit}, {"serves", serves_}, {"text", text}});
  }
  AStory& go_back(double from) {
    at(from).add("run.resumed", {{"operator", "bob@host"}, {"host", "host"}, {"pid", 2}, {"direction", "rollback"}});
    return *this;
  }

  [[nodiscard]] const std::vector<journal::Event>& events() const { return events_; }
  [[nodiscard]] RunStory told() const { return tell(events_); }

 private:
  std::vector<journal::Event> events_;
  double now_ms_ = 0;
  std::int64_t mono_from_us_ = 77'000'000;
  std::int64_t wall_leap_us_ = 0;
  std::string serves_ = "source";
};

// A split that was done, and brought back a while later.
inline AStory there_and_back() {
  AStory story;
  story.begin().phase("prepare");
  story.step("lag", "check.lag", 1, 3, {{"lag_bytes", 1584}});
  story.step("promote", "patroni.promote", 3, 203);
  story.at(203).phase("gate");
  story.step("go", "gate.approve", 203, 205, {{"by", "ann@host"}, {"how", "at the terminal"}, {"words", ""}});
  story.window(300).watched("window", 34.2).finish();
  story.go_back(10'000).window(10'100, "rollback.window", "source").watched("rollback.window", 36.5);
  return story.at(18'000).finish("rolled_back", 0, "source main serves again, no write was left behind");
}

}  // namespace pgcleave::report
