#include "cli/verbs.h"

#include <map>

namespace pgcleave::cli {

// One line for each verb; its function is in the file of that name.
// clang-format off
#define PGCLEAVE_VERBS(verb) \
  verb(init) \
  verb(validate) \
  verb(check) \
  verb(doctor) \
  verb(grants) \
  verb(compare) \
  verb(plan) \
  verb(rehearse) \
  verb(solved) \
  verb(sign) \
  verb(run) \
  verb(resume) \
  verb(rollback) \
  verb(approve) \
  verb(hold) \
  verb(continue) \
  verb(pace) \
  verb(status) \
  verb(metrics) \
  verb(runs) \
  verb(log) \
  verb(track) \
  verb(follow) \
  verb(report) \
  verb(steps) \
  verb(schema) \
  verb(completion) \
  verb(man) \
  verb(help) \
  verb(guard) \
  verb(repair_owner)
// clang-format on

#define PGCLEAVE_DECLARE(name) Verb name##_verb();
#define PGCLEAVE_CALL(name) name##_verb(),

PGCLEAVE_VERBS(PGCLEAVE_DECLARE)

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> all{PGCLEAVE_VERBS(PGCLEAVE_CALL)};
  return all;
}

std::vector<std::string> examples_of(const std::string& verb) {
  static const std::map<std::string, std::vector<std::string>> examples{
      {"init",
       {"pgcleave init --source 10.0.0.1:8008 --target 10.0.1.1:8008 --console 10.0.2.1:6432",
        "pgcleave init --source 10.0.0.1 --target 10.0.1.1 --console 10.0.2.1:6432 --moved-schemas ci --class "
        "staging"}},
      {"validate", {"pgcleave validate logical-switchover.yml", "pgcleave validate my-runbook.yml -e environment.yml"}},
      {"check", {"pgcleave check -e environment.yml --runbook logical-switchover.yml --observe 30s"}},
      {"doctor", {"pgcleave doctor -e environment.yml"}},
      {"grants",
       {"pgcleave grants -e environment.yml --side source >grants.sql",
        "pgcleave grants -e environment.yml --missing"}},
      {"compare",
       {"pgcleave compare -e environment.yml", "pgcleave compare -e environment.yml --tables 'ci.*' --jobs 4 --json"}},
      {"plan", {"pgcleave plan logical-switchover.yml -e environment.yml"}},
      {"rehearse", {"pgcleave rehearse logical-switchover.yml -e staging.yml --times 10"}},
      {"solved", {"pgcleave solved r-20261121-194426-a1b2 -e staging.yml --how 'a forgotten cron job; it is off now'"}},
      {"sign", {"pgcleave sign logical-switchover.yml -e environment.yml --role dba"}},
      {"run", {"pgcleave run logical-switchover.yml -e environment.yml"}},
      {"resume", {"pgcleave resume -e environment.yml"}},
      {"rollback", {"pgcleave rollback -e environment.yml", "pgcleave rollback -e environment.yml --emergency"}},
      {"approve", {"pgcleave approve r-20261121-194426-a1b2 go -e environment.yml"}},
      {"hold", {"pgcleave hold -e environment.yml"}},
      {"continue", {"pgcleave continue -e environment.yml"}},
      {"pace", {"pgcleave pace -e environment.yml --target 50ms", "pgcleave pace -e environment.yml --target runbook"}},
      {"status", {"pgcleave status -e environment.yml", "pgcleave status -e environment.yml --watch"}},
      {"metrics",
       {"pgcleave metrics -e environment.yml",
        "pgcleave metrics -e environment.yml --to /var/lib/prometheus/node-exporter/pgcleave.prom"}},
      {"runs", {"pgcleave runs -e environment.yml", "pgcleave runs -e staging.yml --rehearsal last"}},
      {"log", {"pgcleave log -e environment.yml"}},
      {"track", {"pgcleave track -e environment.yml --every 10s --for 1h"}},
      {"follow", {"pgcleave follow -e environment.yml", "pgcleave follow -e environment.yml --once"}},
      {"report", {"pgcleave report readiness logical-switchover.yml -e environment.yml --out readiness.html"}},
      {"steps", {"pgcleave steps", "pgcleave steps pgbouncer.pause"}},
      {"schema", {"pgcleave schema environment >environment.schema.json"}},
      {"completion", {"pgcleave completion bash >/etc/bash_completion.d/pgcleave"}},
      {"man", {"pgcleave man rollback | man -l -"}},
      {"help", {"pgcleave help exit-codes", "pgcleave help rollback"}},
      {"repair-owner", {"pgcleave repair-owner -e environment.yml"}}};
  const auto found = examples.find(verb);
  return found == examples.end() ? std::vector<std::string>() : found->second;
}

}  // namespace pgcleave::cli
