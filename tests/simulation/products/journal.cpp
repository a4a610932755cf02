// The journal's file in memory: what was appended stays when the program dies. The real one has tests of its own
// (tests/unit/journal); here thousands of programs die each second, and the universe is copied by fork(), which SQLite
// does not survive.
#include "journal/journal.h"

#include "products/wire.h"

namespace pgcleave::journal {

using simulation::universe;

struct Journal::State {
  std::string path;
};

Journal::Journal(std::unique_ptr<State> state) : state_(std::move(state)) {}
Journal::Journal(Journal&&) noexcept = default;
Journal& Journal::operator=(Journal&&) noexcept = default;
Journal::~Journal() = default;

Result<Journal> Journal::open(const std::string& path, Deadline) {
  return Journal(std::make_unique<State>(State{path}));
}

Result<Journal> Journal::open_to_read(const std::string& path, Deadline deadline) {
  return open(path, deadline);
}

struct Queued::Answer {
  bool written = false;
};

Queued Journal::submit(const std::string& run, const std::string& type, const Json& data, Durability durability) {
  auto& events = universe().journal;
  const bool frozen = universe().frozen.has_value();
  if (!frozen)
    universe().advance(durability == Durability::disk ? std::chrono::microseconds(300) : std::chrono::microseconds(40));
  Event event;
  event.run = run;
  event.at_us = event.mono_us = universe().now;
  event.type = type;
  event.data = data;
  if (!frozen) event.seq = static_cast<std::int64_t>(events.size()) + 1;
  (frozen ? universe().unwritten : events).push_back(event);
  if (!frozen && durability == Durability::disk) universe().synced = events.size();
  return {event, std::make_shared<Queued::Answer>(Queued::Answer{!frozen}), 0};
}

std::optional<Result<Event>> Journal::written(const Queued& queued, Deadline by) const {
  if (queued.answer->written) return Result<Event>(queued.event);
  universe().advance(by.left());
  return {};
}

std::size_t Journal::unwritten() const {
  return universe().unwritten.size();
}

Result<std::vector<Event>> Journal::events(const std::string& run, std::int64_t after_seq) const {
  std::vector<Event> found;
  for (const auto& event : universe().journal) {
    if (event.run == run && event.seq > after_seq) found.push_back(event);
  }
  return found;
}

Result<std::vector<Event>> Journal::events_of_type(const std::string& type) const {
  std::vector<Event> found;
  for (const auto& event : universe().journal) {
    if (event.type == type) found.push_back(event);
  }
  return found;
}

Result<void> Journal::verify_chain() const {
  return {};
}

Result<std::string> Journal::head() const {
  return std::string();
}

const std::string& Journal::path() const {
  return state_->path;
}

}  // namespace pgcleave::journal
