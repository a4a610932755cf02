#include "report/charts/topology.h"

#include <algorithm>

#include "base/format.h"
#include "report/charts/svg.h"
#include "report/document/display.h"

namespace pgcleave::report {
namespace {

constexpr double width = 336;
constexpr double box = 146;
constexpr double clusters_y = 186;

std::string names_of(const Topology& topology) {
  if (topology.bouncers.size() > 2) {
    return fmt::format("{} to {}", topology.bouncers.front(), topology.bouncers.back());
  }
  return fmt::format("{}", fmt::join(topology.bouncers, ", "));
}

const char* head_of(const DrawnCluster& cluster) {
  return cluster.standby ? "standby leader" : "leader";
}

void draw_cluster(Svg& svg, const DrawnCluster& cluster, double x, bool serves) {
  const double height = 78 + 26.0 * (1 + (cluster.replicas > 0 ? 1 : 0));
  svg.rect(x, clusters_y, box, height, serves ? "box serving" : "box", 6);
  svg.text(x + 10, clusters_y + 20, fitted(cluster.side + " · " + cluster.scope, letter, box - 16), "strong");
  svg.text(x + 10, clusters_y + 36, fitted(cluster.address, letter, box - 16), "small muted");
  const bool leads = !cluster.standby;
  svg.rect(x + 10, clusters_y + 46, box - 20, 22, leads ? "node lead" : "node", 4);
  svg.text(x + box / 2, clusters_y + 61, head_of(cluster), leads ? "small on-fill strong" : "small", Anchor::middle);
  if (cluster.replicas > 0) {
    svg.rect(x + 10, clusters_y + 72, box - 20, 22, "node", 4);
    svg.text(x + box / 2, clusters_y + 87, many(cluster.replicas, "replica"), "small", Anchor::middle);
  }
  svg.text(x + 10, clusters_y + height - 10, fitted(cluster.holds, letter, box - 10), "small muted");
}

void draw_replication(Svg& svg, const DrawnReplication& replication, double left, double right) {
  const double y = clusters_y + 57;
  const auto style = std::string("flow ") + (replication.logical ? "dashed" : "");
  if (replication.to_target) {
    svg.arrow({{left, y}, {right, y}}, style);
  } else {
    svg.arrow({{right, y}, {left, y}}, style);
  }
}

}  // namespace

std::string svg_of(const Topology& topology) {
  const double target_x = width - box;
  Svg svg;
  // Clients of both halves; those of the moved tables go through the bouncers.
  svg.rect(0, 4, box, 34, "box", 6);
  svg.text(box / 2, 26, "clients, kept tables", "small", Anchor::middle);
  svg.rect(target_x, 4, box, 34, "box", 6);
  svg.text(target_x + box / 2, 26, "clients, moved tables", "small", Anchor::middle);
  svg.rect(target_x, 74, box, 48, "box", 6);
  svg.text(target_x + box / 2, 93, fmt::format("{} PgBouncer · {}", topology.bouncers.size(), topology.pool),
           "small strong", Anchor::middle);
  svg.text(target_x + box / 2, 110, fitted(names_of(topology), letter, box + 2), "small muted", Anchor::middle);
  svg.arrow({{target_x + box / 2, 38}, {target_x + box / 2, 74}}, "flow writes");
  svg.arrow({{40, 38}, {40, clusters_y}}, "flow writes");
  if (topology.moved_at_target) {
    svg.arrow({{target_x + box / 2, 122}, {target_x + box / 2, clusters_y}}, "flow writes");
    svg.text(target_x + box / 2 - 8, 156, "writes", "small", Anchor::end);
  } else {
    svg.arrow({{target_x + box / 2, 122}, {target_x + box / 2, 152}, {box - 36, 152}, {box - 36, clusters_y}},
              "flow writes");
    svg.text((target_x + box) / 2 + 20, 145, "writes", "small", Anchor::middle);
  }
  draw_cluster(svg, topology.source, 0, true);
  draw_cluster(svg, topology.target, target_x, topology.moved_at_target);
  const double below = clusters_y + 78 + 52;
  if (topology.replication) {
    draw_replication(svg, *topology.replication, box, target_x);
    svg.text(width / 2, below + 18, "replication: " + topology.replication->label, "small", Anchor::middle);
  }
  return svg.finish(width, below + 28, topology.title, "drawing");
}

std::vector<std::string> lines_of(const Topology& topology) {
  const auto cluster = [](const DrawnCluster& one) {
    return fmt::format("{} {} ({}{}): {}", one.side, one.scope, head_of(one),
                       one.replicas > 0 ? ", " + many(one.replicas, "replica") : "", one.holds);
  };
  const auto& serving = topology.moved_at_target ? topology.target : topology.source;
  std::vector<std::string> lines{
      fmt::format("clients of kept tables  --> {} {}", topology.source.side, topology.source.scope),
      fmt::format("clients of moved tables --> {} PgBouncer (pool {}) --> {} {}", topology.bouncers.size(),
                  topology.pool, serving.side, serving.scope),
      cluster(topology.source), cluster(topology.target)};
  if (topology.replication) {
    lines.push_back(fmt::format("replication: {} {} {}: {}", topology.source.scope,
                                topology.replication->to_target ? "-->" : "<--", topology.target.scope,
                                topology.replication->label));
  }
  return lines;
}

}  // namespace pgcleave::report
