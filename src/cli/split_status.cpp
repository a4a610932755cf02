#include "cli/split_status.h"

#include <algorithm>
#include <iostream>

#include "base/fields.h"
#include "base/format.h"
#include "base/lines.h"
#include "cli/members_behind.h"
#include "cli/rollback_path.h"
#include "cli/same_environment.h"
#include "fence/ownership_passed.h"
#include "report/document/display.h"
#include "world/run_servers.h"
#include "world/serving.h"
#include "world/world_standby.h"

namespace pgcleave::cli {
namespace {

constexpr auto patience_with_owners = std::chrono::seconds(3);

// The run whose files tell where the databases are.
const engine::RunRecord& known_best(const engine::SplitRuns& split) {
  if (split.split_by != nullptr) return *split.split_by;
  return split.last_split_by != nullptr ? *split.last_split_by : *split.all.front();
}

Json who_serves(const engine::RunRecord& run, const Arguments& arguments) {
  const auto given = arguments.text("environment");
  const auto environment = read_environment_file(given.empty() ? text_in(run.begun, "environment") : given);
  const auto split = config::read_split(text_in(run.begun, "split"), text_in(run.begun, "split_text"));
  if (!environment || !split.value)
    return {{"serves", name_of(world::Serving::unknown)}, {"why", "the files of run " + run.id + " can't be read"}};
  if (const auto same = same_environment(run, *environment); !same)
    return {{"serves", name_of(world::Serving::unknown)}, {"why", same.error().text()}};
  auto world = world::unopened_world(*environment, *split.value);
  world::expect_servers(world, object_in(run.begun, "servers"));
  const auto deadline = Deadline::in(patience_with_owners);
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
  if (*name == steps::SideName::source) {
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

std::string in_words(const Json& status) {
  if (status.contains("at_work")) return fmt::format("run {} is at work", text_in(status, "at_work"));
  const auto serves = world::serving_named(text_in(status, "serves")).value_or(world::Serving::unknown);
  if (serves == world::Serving::nobody) return "nobody serves: writes to moved tables fail on both sides";
  if (serves == world::Serving::both) return "BOTH sides own the moved tables";
  if (serves == world::Serving::unknown) {
    const auto why = text_in(status, "why");
    return "who serves can't be read" + (why.empty() ? "" : ": " + why);
  }
  auto text = text_in(status, "server") + " serves";
  if (!status.contains("by")) return text + ", as before any split";
  text += fmt::format(", since {}, by run {}", report::utc(whole_in(status, "since_us")), text_in(status, "by"));
  return text + (truth_in(status, "elsewhere") ? ", which is not in this journal" : "");
}

}  // namespace

Json split_status(const engine::SplitRuns& split, const Arguments& arguments, bool alive) {
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
  status.update(who_serves(known_best(split), arguments));
  if (status.contains("by")) {
    const auto by = text_in(status, "by");
    status["elsewhere"] =
        std::none_of(split.all.begin(), split.all.end(), [&](const auto* run) { return run->id == by; });
  }
  if (split.split_by != nullptr) {
    if (auto path = rollback_path_of(*split.split_by, arguments)) status["rollback_path"] = std::move(*path);
  } else if (split.ended_by != nullptr) {
    status["path_ended"] =
        fmt::format("no longer possible: run {} ({}) ended the rollback path on {}", split.ended_by->id,
                    text_in(split.ended_by->begun, "name"), report::utc(split.ended_by->begun_at_us));
  }
  return status;
}

void print_split_status(const Json& status) {
  std::cout << fmt::format("split {} on {}: {}\n", printable(text_in(status, "split")),
                           printable(text_in(status, "environment")), one_line(in_words(status)));
  if (status.contains("rollback_path")) print_rollback_path(status.at("rollback_path"));
  if (const auto ended = text_in(status, "path_ended"); !ended.empty())
    std::cout << "  rollback: " << printable(ended) << "\n";
  for (const auto& member : list_in(status, "left_behind"))
    std::cout << "  left behind: " << one_line(member.get<std::string>()) << "\n";
  if (list_in(status, "later").empty()) return;
  std::cout << "  split by run " << printable(text_in(status, "split_by")) << "; since then:\n";
  for (const auto& run : list_in(status, "later")) std::cout << "    " << printable(run.get<std::string>()) << "\n";
}

}  // namespace pgcleave::cli
