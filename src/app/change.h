// What a command is about to do: runbook, parameters, environment, split, and the program itself; and what is known of
// it beforehand.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "app/files.h"
#include "checks/families.h"
#include "readiness/evidence.h"
#include "world/world.h"

namespace pgcleave::app {

constexpr auto time_per_family = std::chrono::seconds(10);  // of checks

// As a command names it.
struct ChangeNamed {
  std::string runbook;  // a file, or the name of a shipped one
  FilesNamed files;
  std::vector<std::string> set;  // parameters: "name=value"
};

// Or all that is wrong with the files.
config::Read<runbook::Change> read_change(const ChangeNamed& named);

// What keeps the files that the environment names from being used (checks/access/files.h). Empty: nothing.
std::vector<Error> unusable_files(const runbook::Change& change);

// Of the program that is running: a rehearsal by another build does not count.
std::string program_sha256();

// What these families of checks find now, over sessions of their own: those refuse to write, so they are not a run's.
Result<checks::Findings> findings_now(const runbook::Change& change, const std::vector<std::string>& families);

// The world of a change, which knows it and how often it was rehearsed; `change` must outlive it. Of one that is about
// to begin: every table has a class, and every sequence, if the runbook carries them. See world::open_world.
Result<world::World> open_world_of(const runbook::Change& change, Deadline deadline);
// Of one that is resumed: see world::unopened_world.
world::World unopened_world_of(const runbook::Change& change);

// How many tables a split moves, by the catalog of now. `invalid` when a table or a sequence has no class.
Result<std::size_t> fits_catalog(const config::Environment& environment, const config::Split& split, Deadline deadline);

}  // namespace pgcleave::app
