#include "checks/settings/compare.h"

#include <algorithm>
#include <sstream>

#include "base/format.h"
#include "checks/finding.h"

namespace pgcleave::checks {
namespace {

// The same statement gives another result, or is cut.
constexpr const char* behaviour[] = {"TimeZone",
                                     "DateStyle",
                                     "IntervalStyle",
                                     "bytea_output",
                                     "search_path",
                                     "server_encoding",
                                     "lc_messages",
                                     "lc_monetary",
                                     "lc_numeric",
                                     "lc_time",
                                     "default_text_search_config",
                                     "default_transaction_isolation",
                                     "standard_conforming_strings",
                                     "row_security",
                                     "synchronous_commit",
                                     "session_replication_role",
                                     "statement_timeout",
                                     "lock_timeout",
                                     "idle_in_transaction_session_timeout",
                                     "idle_session_timeout",
                                     "client_connection_check_interval",
                                     "password_encryption",
                                     "ssl",
                                     "autovacuum",
                                     "jit",
                                     "plan_cache_mode",
                                     "random_page_cost",
                                     "seq_page_cost",
                                     "default_statistics_target"};

// Fewer or less there is missed.
constexpr const char* capacity[] = {"max_connections",        "shared_buffers",           "work_mem",
                                    "effective_cache_size",   "maintenance_work_mem",     "max_locks_per_transaction",
                                    "max_wal_size",           "max_parallel_workers",     "max_prepared_transactions",
                                    "autovacuum_max_workers", "max_worker_processes",     "max_replication_slots",
                                    "max_wal_senders",        "track_activity_query_size"};

std::vector<std::string> names_in(const std::string& list) {
  std::vector<std::string> names;
  std::string name;
  std::istringstream in(list);
  while (std::getline(in, name, ',')) {
    std::erase_if(name, [](char c) { return c == ' ' || c == '"'; });
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

class ComparingJudge : Judging {
 public:
  ComparingJudge(const ServerSeen& source, const ServerSeen& target, Stage stage)
      : Judging("settings"), source_(source), target_(target), stage_(stage) {}

  Findings run() {
    inspect_behaviour();
    inspect_capacity();
    inspect_libraries();
    inspect_archive();
    inspect_access();
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::string both(const std::string& name) const {
    return fmt::format("{} on {}, {} on {}", source_.text(name), source_.label, target_.text(name), target_.label);
  }
  [[nodiscard]] std::string as_on_source(const std::string& name) const {
    return fmt::format("patronictl edit-config {} -p {}='{}'", target_.scope, name, source_.text(name));
  }

  void inspect_behaviour() {
    for (const auto* name : behaviour) {
      if (source_.text(name) == target_.text(name)) continue;
      add("differs", Severity::warning, name, both(name),
          fmt::format("SELECT reset_val FROM pg_settings WHERE name = '{}'", name),
          "the same statement may give another result, take longer or be cut after the split", as_on_source(name));
    }
  }

  void inspect_capacity() {
    for (const auto* name : capacity) {
      if (target_.number(name) >= source_.number(name)) continue;
      add("smaller_on_target", Severity::warning, name, both(name),
          fmt::format("SELECT reset_val, unit FROM pg_settings WHERE name = '{}'", name),
          "what the source can bear the target may not", as_on_source(name));
    }
  }

  void inspect_libraries() {
    const auto there = names_in(target_.text("shared_preload_libraries"));
    for (const auto& library : names_in(source_.text("shared_preload_libraries"))) {
      if (contains(there, library)) continue;
      add("library_not_loaded", Severity::blocker, fmt::format("library {} on {}", library, target_.label),
          both("shared_preload_libraries"), "SHOW shared_preload_libraries",
          "functions, workers and hooks that the database relies on are missing after the promotion",
          as_on_source("shared_preload_libraries") + ", then restart");
    }
  }

  void inspect_archive() {
    for (const auto* side : {&source_, &target_}) {
      if (side->text("archive_mode").empty() || side->is("archive_mode", "off")) return;
    }
    for (const auto* name : {"archive_command", "archive_library"}) {
      const auto& command = source_.text(name);
      if (command.empty() || command != target_.text(name)) continue;
      add("archive_shared", Severity::warning, name, fmt::format("both sides archive by: {}", command),
          fmt::format("SHOW {}", name),
          "if it leads to one place, both histories end up there: the source's standbys may follow the target's "
          "timeline, and a restore "
          "too",
          "give each side a place of its own before the split");
    }
  }

  void inspect_access() {
    const bool target_serves = stage_ == Stage::split;
    const auto& here = target_serves ? target_ : source_;
    const auto& there = target_serves ? source_ : target_;
    std::vector<std::string> missing;
    for (const auto& rule : here.hba) {
      if (!contains(there.hba, rule)) missing.push_back(rule);
    }
    if (!missing.empty()) {
      const auto count = missing.size();
      missing.resize(std::min<std::size_t>(count, 3));
      add("hba_differs", Severity::warning, "pg_hba.conf on " + there.label,
          fmt::format("{} rules of {} are not there: {}{}", count, here.label, fmt::join(missing, "; "),
                      count > 3 ? "; ..." : ""),
          "SELECT * FROM pg_hba_file_rules", "who may log in on one side may be refused on the other",
          fmt::format("add them to postgresql.pg_hba of {}, or make sure that nobody needs them", there.label));
    }
    if (stage_ == Stage::standby) return;  // a copy has what its upstream has
    auto all = source_.role_settings;
    all.insert(target_.role_settings.begin(), target_.role_settings.end());
    for (const auto& [who, ignored] : all) {
      const auto of = [&](const ServerSeen& side) {
        const auto found = side.role_settings.find(who);
        return found == side.role_settings.end() ? std::string("nothing") : found->second;
      };
      if (of(source_) == of(target_)) continue;
      add("role_settings_differ", Severity::warning, who,
          fmt::format("{} on {}, {} on {}", of(source_), source_.label, of(target_), target_.label),
          "SELECT setdatabase::oid, setrole::regrole, setconfig FROM pg_db_role_setting",
          "the same client is treated differently on the other side",
          "ALTER ROLE or ALTER DATABASE ... SET on the side where it is wrong");
    }
  }

  const ServerSeen& source_;
  const ServerSeen& target_;
  Stage stage_;
};

}  // namespace

Findings judge_differences(const ServerSeen& source, const ServerSeen& target, Stage stage) {
  return ComparingJudge(source, target, stage).run();
}

}  // namespace pgcleave::checks
