#include "app/split_status.h"

#include <algorithm>

#include "app/files.h"
#include "app/owners.h"
#include "app/rollback_path.h"
#include "app/same_environment.h"
#include "base/fields.h"
#include "base/format.h"
#include "fence/owner_state.h"
#include "report/document/display.h"
#include "world/run_servers.h"
#include "world/serving.h"

namespace pgcleave::app {
namespace {

constexpr auto patience_with_sides = std::chrono::seconds(3);

// The run whose files tell where the databases are.
const engine::RunRecord& known_best(const engine::SplitRuns& split) {
  if (split.split_by != nullptr) return *split.split_by;
  return split.last_split_by != nullptr ? *split.last_split_by : *split.all.front();
}

Json who_serves(const engine::RunRecord& run, const std::string& environment_file) {
  const auto environment = told_environment(environment_file_of(run, environment_file));
  const auto split = config::read_split(text_in(run.begun, "split"), text_in(run.begun, "split_text"));
  if (!environment || !split.value)
    return {{"serves", name_of(world::Serving::unknown)}, {"why", "the files of run " + run.id + " can't be read"}};
  if (const auto same = same_environment(run, *environment); !same)
    return {{"serves", name_of(world::Serving::unknown)}, {"why", same.error().text()}};
  auto world = world::unopened_world(*environment, *split.value);
  world::expect_servers(world, object_in(run.begun, "servers"));
  const auto deadline = Deadline::in(patience_with_sides);
  auto serves = world::serving(world, deadline);
  Json standby;
  if (serves == world::Serving::source && world::is_standby(world.source, deadline)) {
    serves = world::Serving::unknown;
    standby = world.source.label() + " is a standby: are the sides swapped in the environment file?";
  }
  Json seen{{"serves", name_of(serves)}};
  if (standby.is_string()) seen["why"] = standby;
  const auto name = side_of(serves);
  if (!name) {
    for (auto* side : {&world.source, &world.target}) {
      if (const auto leader = side->leader(deadline); !leader) seen["why"] = leader.error().text();
    }
    return seen;
  }
  if (*name == world::SideName::source) {
    if (const auto behind = members_behind(world, deadline); !behind.empty()) seen["left_behind"] = behind;
  }
  auto& side = world.side(*name);
  seen["server"] = side.label();
  const auto leader = side.leader(deadline);
  if (!leader) return seen;
  const auto passed = fence::ownership_passed(**leader, world.split.name, side.which(), deadline);
  if (passed && *passed) seen.update({{"by", (*passed)->run}, {"since_us", (*passed)->at_us}});
  return seen;
}

}  // namespace

Json split_status(const engine::SplitRuns& split, const std::string& environment_file, bool alive) {
  Json status{{"split", split.split}, {"environment", split.environment}};
  const auto id_of = [](const engine::RunRecord* run) { return run == nullptr ? Json() : Json(run->id); };
  status["split_by"] = id_of(split.split_by);
  status["ended_by"] = id_of(split.ended_by);
  status["unfinished"] = Json::array();
  for (const auto* run : split.unfinished) status["unfinished"].push_back(run->id);
  status["later"] = Json::array();
  for (auto run = split.all.rbegin(); run != split.all.rend(); ++run) {
    if (split.split_by == nullptr || (*run)->begun_at_us <= split.split_by->begun_at_us) continue;
    status["later"].push_back(fmt::format("run {} ({}): {}", (*run)->id, text_in((*run)->begun, "name"),
                                          (*run)->finished ? (*run)->state(false) : "not finished"));
  }
  if (alive) {
    status["at_work"] = split.unfinished.empty() ? split.all.front()->id : split.unfinished.front()->id;
    return status;
  }
  status.update(who_serves(known_best(split), environment_file));
  if (status.contains("by")) {
    const auto by = text_in(status, "by");
    status["elsewhere"] =
        std::none_of(split.all.begin(), split.all.end(), [&](const auto* run) { return run->id == by; });
  }
  if (split.split_by != nullptr) {
    if (auto path = rollback_path_of(*split.split_by, environment_file)) status["rollback_path"] = std::move(*path);
  } else if (split.ended_by != nullptr) {
    status["path_ended"] =
        fmt::format("no longer possible: run {} ({}) ended the rollback path on {}", split.ended_by->id,
                    text_in(split.ended_by->begun, "name"), report::utc(split.ended_by->begun_at_us));
  }
  return status;
}

}  // namespace pgcleave::app
