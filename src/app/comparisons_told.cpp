#include "app/comparisons_told.h"

#include "app/run_jobs.h"
#include "app/same_environment.h"
#include "base/format.h"
#include "base/units.h"
#include "report/document/display.h"
#include "steps/rows/comparing.h"
#include "world/serving.h"

namespace pgcleave::app {
namespace {

using compare::Life;
using compare::UnderWay;

constexpr auto patience_with_state = std::chrono::seconds(3);

struct Next {
  const char* does;
  std::string command;
};

Next next_of(const UnderWay& one, const std::string& rest) {
  const auto act = [&](const char* verb) { return fmt::format("pgcleave {} {}{}", verb, one.id, rest); };
  switch (one.life) {
    case Life::at_work: return one.hold ? Next{"let it go on", act("continue")} : Next{"have it wait", act("hold")};
    case Life::silent: return {"go on with it here", act("compare --takeover --resume")};
    case Life::died:
    case Life::stopped: break;
  }
  return {"go on with it", act("compare --resume")};
}

std::string life_in_words(const UnderWay& one) {
  const auto ago = report::duration(milliseconds(one.silent)) + " ago";
  switch (one.life) {
    case Life::at_work: return "at work, by " + one.runner;
    case Life::silent: return fmt::format("nothing was heard of {} since {}, and its session lives", one.runner, ago);
    case Life::died: return fmt::format("its process, of {}, has died; heard of last {}", one.runner, ago);
    case Life::stopped: return "stopped before its end" + (one.now.empty() ? "" : ": " + one.now);
  }
  return "";
}

std::string in_words(const UnderWay& one) {
  const auto& at = one.at;
  auto text = fmt::format("begun {}, {}", report::utc(one.began_at_us), life_in_words(one));
  text += at.tables == 0 ? "; no table is done yet" : fmt::format("; {} of {} tables done", at.tables_done, at.tables);
  text += fmt::format(", {} rows of about {}", report::count(at.rows), report::count(at.all_rows));
  if (one.life == Life::at_work) {
    text += fmt::format(", {:.0f} rows/s", at.rows_per_second());
    if (const auto left = at.left(); left && !one.hold) text += fmt::format(", {} left", data::about(*left));
  }
  if (at.different > 0) text += fmt::format(", {} differed", report::many(at.different, "row"));
  if (one.target) text += fmt::format(", blocks of {}", to_text(*one.target));
  if (one.hold) return text + ", on hold";
  return one.life == Life::at_work && !one.now.empty() ? text + ", slowed: " + one.now : text;
}

Json json_of(const UnderWay& one, const std::string& on, const std::string& rest) {
  Json json{{"comparison", one.id},
            {"on", on},
            {"state", name_of(one.life)},
            {"runner", one.runner},
            {"how", one.definition},
            {"began_at_us", one.began_at_us},
            {"silent_ms", milliseconds(one.silent)},
            {"tables", one.at.tables},
            {"tables_done", one.at.tables_done},
            {"rows", one.at.rows},
            {"all_rows", one.at.all_rows},
            {"blocks", one.at.blocks},
            {"differences", one.at.different},
            {"hold", one.hold},
            {"target_ms", nullptr},
            {"now", one.now},
            {"text", in_words(one)}};
  const auto next = next_of(one, rest);
  json["does"] = next.does;
  json["next"] = next.command;
  if (one.target) json["target_ms"] = milliseconds(*one.target);
  if (one.life != Life::at_work) return json;
  json["rows_per_s"] = one.at.rows_per_second();
  if (const auto left = one.at.left()) json["left_ms"] = milliseconds(*left);
  return json;
}

}  // namespace

Json comparisons_told(world::World& world, const FilesNamed& files, const std::string& environment_file) {
  Json all = Json::array();
  const auto deadline = Deadline::in(patience_with_state);
  for (auto* side : {&world.source, &world.target}) {
    if (side == &world.target && world::is_standby(*side, deadline)) continue;
    const auto found = steps::comparisons_under_way(*side, world.split.name, deadline);
    if (!found) all.push_back({{"on", side->label()}, {"error", found.error().text()}});
    if (!found) continue;
    for (const auto& one : *found) all.push_back(json_of(one, side->label(), files.again(environment_file)));
  }
  return all;
}

Json comparisons_told(const engine::RunRecord& run, const FilesNamed& files) {
  auto world = servers_of(run, files);
  if (!world) return Json::array();
  return comparisons_told(*world, files, environment_file_of(run, files.environment));
}

}  // namespace pgcleave::app
