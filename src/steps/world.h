// The world as steps see it: two sides, the fleet, the split's tables, the run they act for, and the door for effects.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pgbouncer/fleet.h"
#include "postgres/catalog.h"
#include "postgres/ownership.h"
#include "runbook/environment.h"
#include "runbook/split.h"
#include "steps/effects.h"
#include "steps/side.h"

namespace pgcleave::steps {

// The split, resolved against the live catalog.
struct SplitTables {
  std::string name;
  std::vector<postgres::Table> moved;                                // with partitions and partitioned parents
  [[nodiscard]] std::vector<postgres::TableName> names() const;      // of all moved
  [[nodiscard]] std::vector<postgres::TableName> with_rows() const;  // of those that hold rows
};

struct RunIdentity {
  std::string id;
  int epoch = 1;
  int attempt = 1;  // of the window, from 1
};

// What a gate asks a person. With `words` only these words, typed exactly, approve.
struct Question {
  std::string step;
  std::string text;
  std::string words;
  Duration expires{};
};

// A person's answer to a gate.
struct Approval {
  bool given = false;
  std::string by;
  std::string how;
  std::string words;  // as they were typed, if words were asked for
};

struct World {
  Side source;
  Side target;
  pgbouncer::Fleet fleet;
  SplitTables split;
  RunIdentity run;
  runbook::Environment environment;
  Effects* effects = nullptr;
  // No value: nobody has answered yet, and nobody is there to ask.
  std::function<std::optional<Approval>(const Question& question)> approval;
  std::function<void(const std::string& text)> progress;  // what takes long says how far it is

  [[nodiscard]] Side& side(const std::string& name);  // "source" or "target"
  [[nodiscard]] Side& other(const Side& side);
  [[nodiscard]] postgres::Fence fence() const;
  [[nodiscard]] pgbouncer::Route route_to(const std::string& side) const;
  [[nodiscard]] std::string bouncer_names() const;  // "bouncer-1, bouncer-2", for descriptions
  [[nodiscard]] std::string reverse_name() const;   // publication, slot and subscription of the way back
};

// Connects to nothing but the source's leader, whose catalog classifies the tables. `invalid` with all problems of the split
// file, `not_ready` when the source can't be reached.
Result<World> open_world(const runbook::Environment& environment, const runbook::Split& split, Deadline deadline);

}  // namespace pgcleave::steps
