#include "app/same_environment.h"

#include <algorithm>
#include <set>

#include "base/address.h"
#include "base/fields.h"
#include "base/format.h"
#include "base/log.h"
#include "pgbouncer/listening.h"

namespace pgcleave::app {

namespace {

constexpr auto patience_with_a_dead_console = std::chrono::seconds(2);

Error another(const config::Environment& environment, const std::string& what, const std::string& expected,
              const std::string& seen, const std::string& hint) {
  return {
      ErrorKind::invalid, "environment " + environment.name, what, expected, seen, hint + "; nothing was changed", ""};
}

std::string dbname_of(const config::SideAccess& side) {
  const auto found = side.postgres.values.find("dbname");
  return found == side.postgres.values.end() ? "" : found->second;
}

// By name, with its pool: "bouncer-1 (pool app)".
std::set<std::string> bouncers_of(const config::Environment& environment) {
  std::set<std::string> names;
  for (const auto& pool : environment.pools) {
    for (const auto& bouncer : pool.bouncers) names.insert(fmt::format("{} (pool {})", bouncer.name, pool.database));
  }
  return names;
}

Json kept_bouncers(const engine::RunRecord& run) {
  return list_in(object_in(run.begun, "servers"), "bouncers");
}

Result<void> same_names(const engine::RunRecord& run, const config::Environment& environment) {
  struct Name {
    std::string what;
    std::string kept;
    std::string seen;
    const char* hint;
  };
  const auto servers = object_in(run.begun, "servers");
  const auto dbname = [&](const char* side) { return text_in(object_in(servers, side), "database"); };
  const char* file = "name the run's own environment file";
  const char* sides = "correct the environment file (are the sides swapped?), then try again";
  for (const auto& [what, kept, seen, hint] :
       {Name{"name", text_in(run.begun, "environment_name"), environment.name, file},
        Name{"class", text_in(run.begun, "class"), environment.production ? "production" : "staging", file},
        Name{"source", text_in(run.begun, "source_scope"), environment.source.scope, sides},
        Name{"target", text_in(run.begun, "target_scope"), environment.target.scope, sides},
        Name{"source database", dbname("source"), dbname_of(environment.source), "correct source.postgres.dbname"},
        Name{"target database", dbname("target"), dbname_of(environment.target), "correct target.postgres.dbname"}}) {
    if (kept.empty() || seen.empty() || kept == seen) continue;
    return fail(another(environment, fmt::format("has another {} than the run began with", what), what + " " + kept,
                        what + " " + seen, hint));
  }
  return {};
}

}  // namespace

std::string environment_file_of(const engine::RunRecord& run, const std::string& given) {
  return given.empty() ? text_in(run.begun, "environment") : given;
}

Result<void> same_environment(const engine::RunRecord& run, const config::Environment& environment) {
  TRY(same_names(run, environment));
  const auto kept = kept_bouncers(run);
  if (kept.empty()) return {};  // an older version
  std::set<std::string> expected;
  for (const auto& one : kept) {
    const auto name = text_in(one, "name");
    if (!run.gone.contains(name)) expected.insert(fmt::format("{} (pool {})", name, text_in(one, "pool")));
  }
  const auto seen = bouncers_of(environment);
  if (seen == expected) return {};
  std::vector<std::string> missing;
  std::vector<std::string> added;
  std::set_difference(expected.begin(), expected.end(), seen.begin(), seen.end(), std::back_inserter(missing));
  std::set_difference(seen.begin(), seen.end(), expected.begin(), expected.end(), std::back_inserter(added));
  std::string hint;
  if (!missing.empty()) {
    hint = fmt::format("write {} into it again; of a bouncer that is out of service for ever say: --gone NAME",
                       fmt::join(missing, ", "));
  }
  if (!added.empty()) {
    hint += fmt::format("{}leave out {}, and point its pool by hand", hint.empty() ? "" : "; ", fmt::join(added, ", "));
  }
  return fail(another(environment, "has other bouncers than the run began with",
                      fmt::format("{}", fmt::join(expected, ", ")), fmt::format("{}", fmt::join(seen, ", ")), hint));
}

Result<void> may_be_gone(const engine::RunRecord& run, const config::Environment& environment,
                         const std::vector<std::string>& names) {
  const auto kept = kept_bouncers(run);
  for (const auto& name : names) {
    const auto one =
        std::find_if(kept.begin(), kept.end(), [&](const auto& bouncer) { return text_in(bouncer, "name") == name; });
    if (one == kept.end()) {
      return fail(another(environment, fmt::format("--gone {}: the run began without such a bouncer", name), "", "",
                          "correct --gone"));
    }
    const auto host = text_in(*one, "host");
    const auto port = text_in(*one, "port");
    if (pgbouncer::somebody_listens(host, port, Deadline::in(patience_with_a_dead_console))) {
      return fail(another(environment, fmt::format("--gone {}: somebody listens where its console was", name),
                          "nobody at " + address_text(host, port), "a connection was accepted",
                          "write it into the environment file again, or stop it"));
    }
    log::warn(
        fmt::format("bouncer {} is left out: nobody listens at {}. Its file keeps the route that it had: correct it "
                    "by hand before "
                    "it is started again, else its clients' writes are refused",
                    name, address_text(host, port)));
  }
  return {};
}

}  // namespace pgcleave::app
