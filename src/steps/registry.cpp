#include "steps/registry.h"

namespace pgcleave::steps {

// clang-format off
#define PGCLEAVE_STEP_KINDS(kind) \
  kind(check_compared) \
  kind(check_forecast) \
  kind(check_discarded_writes) \
  kind(check_lag) \
  kind(check_members) \
  kind(check_route) \
  kind(check_serving) \
  kind(check_split) \
  kind(gate_approve) \
  kind(http_request) \
  kind(indexes_build) \
  kind(ownership_durable) \
  kind(ownership_fence_kept) \
  kind(ownership_install) \
  kind(ownership_release) \
  kind(ownership_take) \
  kind(ownership_witness) \
  kind(patroni_keep_slots) \
  kind(patroni_promote) \
  kind(patroni_reattach) \
  kind(patroni_release_slots) \
  kind(pgbouncer_pause) \
  kind(pgbouncer_repoint) \
  kind(pgbouncer_resume) \
  kind(pgbouncer_stage) \
  kind(pgbouncer_try_route) \
  kind(pgbouncer_verify) \
  kind(postgres_capture_lsn) \
  kind(postgres_check_branch) \
  kind(postgres_checkpoint) \
  kind(postgres_hold_wal) \
  kind(postgres_release_wal) \
  kind(postgres_release_xmin) \
  kind(postgres_sql) \
  kind(postgres_wait_replay) \
  kind(replication_create_slot_forward) \
  kind(replication_create_slot_reverse) \
  kind(replication_catch_up) \
  kind(replication_check_reverse) \
  kind(replication_prove_reverse) \
  kind(replication_publish) \
  kind(replication_start_forward) \
  kind(replication_start_reverse) \
  kind(replication_stop_forward) \
  kind(replication_stop_reverse) \
  kind(replication_reverse) \
  kind(replication_unpublish) \
  kind(replication_wait_apply) \
  kind(rows_migrate) \
  kind(rows_update) \
  kind(run_command) \
  kind(sequences_bump) \
  kind(tables_truncate) \
  kind(tables_vacuum) \
  kind(versions_track) \
  kind(versions_untrack)
// clang-format on

#define PGCLEAVE_DECLARE(kind) StepKind kind();
PGCLEAVE_STEP_KINDS(PGCLEAVE_DECLARE)

namespace {

std::vector<StepKind>& all_kinds() {
#define PGCLEAVE_ROW(kind) kind(),
  static std::vector<StepKind> rows{PGCLEAVE_STEP_KINDS(PGCLEAVE_ROW)};
  return rows;
}

}  // namespace

const std::vector<StepKind>& registry() {
  return all_kinds();
}

void add_kinds(const std::vector<StepKind>& rows) {
  for (const auto& row : rows) {
    if (find(row.description.kind) == nullptr) all_kinds().push_back(row);
  }
}

const StepKind* find(const std::string& kind) {
  for (const auto& row : registry()) {
    if (row.description.is_called(kind)) return &row;
  }
  return nullptr;
}

bool leaves_nothing(const StepKind& kind) {
  return !kind.description.traits.changes || kind.description.kind == "pgbouncer.try_route";
}

runbook::Vocabulary vocabulary() {
  runbook::Vocabulary words;
  for (const auto& row : registry()) words.push_back(row.description);
  return words;
}

const char* name_of(State state) {
  switch (state) {
    case State::pending: return "pending";
    case State::done: return "done";
    case State::conflict: return "conflict";
  }
  return "pending";
}

}  // namespace pgcleave::steps
