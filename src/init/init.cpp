#include "init/init.h"

#include <algorithm>

#include "base/file.h"
#include "base/format.h"
#include "base/lines.h"
#include "checks/schema/crossing.h"
#include "init/written_files.h"
#include "world/split_sequences.h"

namespace pgcleave::init {
namespace {

constexpr auto time_for_trial = std::chrono::seconds(30);

// All that may be written.
std::vector<std::string> all_names() {
  return {environment_file,   split_file, "environment.schema.json", "split.schema.json", passfile,
          replication_secret, rest_secret};
}

template <class T>
Result<T> taken_by(config::Read<T> read, const std::string& file) {
  if (read.value) return std::move(*read.value);
  std::string problems;
  for (const auto& problem : read.problems) problems += (problems.empty() ? "" : "; ") + one_line(problem.text());
  return fail({ErrorKind::failed, file, "was made of what the servers say, and can't be used: " + problems, "", "",
               "nothing was written; write the file by hand (docs/operating.md)", ""});
}

// The files as the readers and the catalog take them.
class Trial {
 public:
  Trial(const Asked& asked, const StagedFiles& staged) : asked_(asked), staged_(staged) {}

  Result<world::World> run() {
    TRY_ASSIGN(auto environment, environment_in_folder());
    TRY_ASSIGN(const auto text, read_file(staged_.path_of(split_file)));
    const auto path = path_of(split_file);
    TRY_ASSIGN(auto split, taken_by(config::read_split(path, text), path));
    auto world = world::unopened_world(environment, split);
    TRY(world::resolve_split(world, Deadline::in(time_for_trial)));
    return world;
  }

 private:
  [[nodiscard]] std::string path_of(const char* name) const { return path_in(asked_.directory, name); }

  Result<config::Environment> environment_in_folder() {
    const auto staged = staged_.path_of(environment_file);
    TRY_ASSIGN(const auto text, read_file(staged));
    TRY_ASSIGN(auto environment, taken_by(config::read_environment(staged, text), path_of(environment_file)));
    environment.path = path_of(environment_file);
    return environment;
  }

  const Asked& asked_;
  const StagedFiles& staged_;
};

Result<checks::Findings> crossing_in(world::World& world) {
  const auto deadline = Deadline::in(time_for_trial);
  TRY_ASSIGN(auto* leader, world.source.leader(deadline));
  TRY_ASSIGN(const auto seen, checks::inspect_crossing(*leader, world.source.label(), deadline));
  checks::TableReferences references(world.split, seen.dependencies, seen.programs);
  return checks::judge_crossing(seen, references);
}

// Sequences that no table and no schema of the split file tells of: carried, which harms nobody.
Result<bool> add_sequences(world::World& world, SplitTexts& texts) {
  TRY_ASSIGN(const auto seen, world::sequences_on(world, world.source, Deadline::in(time_for_trial)));
  for (const auto& name : seen.unclassified)
    texts.moved_sequences.push_back(config::Name{name.schema, name.name}.text());
  return !seen.unclassified.empty();
}

Result<Made> made_of(const Asked& asked, Found found) {
  Made made;
  made.candidates = candidates_in(found.graph, found.target.scope, found.used);
  TRY_ASSIGN(made.choice, chosen_by(asked, found, made.candidates));
  auto split = split_texts(asked, found, made.choice);
  auto files = file_texts(asked, found, split);
  TRY_ASSIGN(auto staged, StagedFiles::in(asked.directory));
  TRY(staged.stage(files));
  TRY_ASSIGN(auto world, Trial(asked, staged).run());
  TRY_ASSIGN(const bool more, add_sequences(world, split));
  if (more) {
    files = file_texts(asked, found, split);
    TRY(staged.stage(files));
    TRY_ASSIGN(world, Trial(asked, staged).run());
  }
  TRY_ASSIGN(made.crossing, crossing_in(world));
  made.missing = missing_in(asked, found, world, Deadline::in(time_for_trial));
  TRY(staged.put_in_place(files));
  for (const auto& file : files) made.files.push_back(path_in(asked.directory, file.name));
  made.environment = world.environment;
  made.split = world.split_file;
  made.found = std::move(found);
  return made;
}

}  // namespace

MadeOrErrors make_files(const Asked& asked) {
  if (const auto free = names_are_free(asked.directory, all_names()); !free) return {{}, {free.error()}};
  auto read = read_all(asked);
  if (!read.found) return {{}, std::move(read.errors)};
  auto made = made_of(asked, std::move(*read.found));
  if (!made) return {{}, {made.error()}};
  return {std::move(*made), {}};
}

}  // namespace pgcleave::init
