#include "init/found.h"

#include <future>

#include "base/format.h"
#include "init/pool_use.h"

namespace pgcleave::init {
namespace {

std::future<Result<ClusterFound>> cluster_at(config::SideName side, const std::string& text, const Asked& asked) {
  return std::async(std::launch::async, [side, text, &asked]() -> Result<ClusterFound> {
    TRY_ASSIGN(const auto url, rest_url(std::string("--") + config::name_of(side), text));
    return read_cluster(side, url, asked, Deadline::in(time_per_address));
  });
}

// A target that can't be logged in to is told now, not by the first check.
Result<void> read_catalogs(Found& found, const Asked& asked, std::vector<Error>& errors) {
  const auto& database = found.pools.database;
  const auto target = log_in(found.target, database, asked, Deadline::in(time_per_address));
  if (!target) errors.push_back(target.error());
  TRY_ASSIGN(auto leader, log_in(found.source, database, asked, Deadline::in(time_per_address)));
  TRY_ASSIGN(found.catalog, read_catalog(leader, Deadline::in(time_for_catalog)));
  found.graph = graph_of(found.catalog);
  if (!errors.empty() || !asked.schemas.empty() || !asked.patterns.empty()) return {};
  // It is a hint for the proposal alone.
  found.used = used_through(found.bouncers, found.pools, asked, leader, found.catalog).value_or(found.used);
  return {};
}

}  // namespace

FoundOrErrors read_all(const Asked& asked) {
  Found found;
  FoundOrErrors out;
  auto source = cluster_at(config::SideName::source, asked.source, asked);
  auto target = cluster_at(config::SideName::target, asked.target, asked);
  auto bouncers = read_bouncers(asked, Deadline::in(time_per_address));
  for (auto* side : {&source, &target}) {
    auto read = side->get();
    if (read) (side == &source ? found.source : found.target) = std::move(*read);
    if (!read) out.errors.push_back(read.error());
  }
  out.errors.insert(out.errors.end(), bouncers.errors.begin(), bouncers.errors.end());
  if (!out.errors.empty()) return out;
  found.bouncers = std::move(bouncers.bouncers);
  const auto two = are_two(found.source, found.target);
  auto pools = pools_to(found.source, found.bouncers, asked.database);
  if (!two) out.errors.push_back(two.error());
  if (two && !pools) out.errors.push_back(pools.error());
  if (!out.errors.empty()) return out;
  found.pools = std::move(*pools);
  const auto read = read_catalogs(found, asked, out.errors);
  if (!read) out.errors.push_back(read.error());
  if (!out.errors.empty()) return out;
  out.found = std::move(found);
  return out;
}

Result<Choice> chosen_by(const Asked& asked, const Found& found, const std::vector<Candidate>& candidates) {
  if (!asked.schemas.empty() || !asked.patterns.empty()) {
    TRY_ASSIGN(auto moved, tables_named(asked.schemas, asked.patterns, found.graph.tables));
    return Choice{std::move(moved), ""};
  }
  if (!candidates.empty()) {
    const auto& first = candidates.front();
    return Choice{{first.tables.begin(), first.tables.end()}, first.why};
  }
  return fail({ErrorKind::invalid, "database " + found.pools.database, "no set of its tables stands out",
               "schemas, or tables that hang together", fmt::format("{} tables", found.graph.tables.size()),
               "say what is to move: pgcleave init --moved-schemas NAME ... or --moved-tables 'schema.pattern*' ...",
               ""});
}

}  // namespace pgcleave::init
