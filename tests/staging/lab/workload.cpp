#include "workload.h"

#include <string_view>

#include "error.h"

namespace pgcleave_lab {
namespace {

const WrittenTable builds{"ci.builds", "id", "builds"};
const WrittenTable build_audit{"ci.build_audit", "id", "build_audit"};  // written by a trigger on ci.builds
const WrittenTable jobs{"ci.jobs", "id", "jobs"};
const WrittenTable build_log{"ci.build_log", "id", "build_log"};  // partitioned
const WrittenTable artifacts{"ci.artifacts", "id", "files"};      // shares its sequence
const WrittenTable reports{"ci.reports", "id", "files"};          // with this one
const WrittenTable tokens{"ci.tokens", "id", "tokens"};           // cached sequence
const WrittenTable weird{"public.\"Weird Name\"", "\"Primary Id\"", "weird"};
const WrittenTable runners{"public.ci_runners", "id", "runners"};
const WrittenTable audit{"public.audit", "id", "audit"};

constexpr auto count_it =
    "insert into ci.counters (client, n, writes) values ({client}, {n}, 1) on conflict (client) do update "
    "set n = excluded.n, writes = counters.writes + 1, stored_on = current_setting('cluster_name')";

std::string plain_insert(const WrittenTable& table) {
  return fmt::format("insert into {} (client, n) values ({{client}}, {{n}}) returning stored_on", table.name);
}

std::string replaced(std::string text, std::string_view what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

}  // namespace

const std::vector<WrittenTable>& written_tables() {
  static const std::vector<WrittenTable> all{builds,  build_audit, jobs,  build_log, artifacts,
                                             reports, tokens,      weird, runners,   audit};
  return all;
}

const std::vector<WriteKind>& write_kinds() {
  static const std::vector<WriteKind> all{
      {"build", true, {plain_insert(builds)}, {&builds, &build_audit}, false},
      {"pipeline",
       true,
       {"insert into ci.builds (client, n, pipeline_id) values ({client}, {n}, 1 + {n} % 1000) returning stored_on",
        "insert into ci.jobs (build_id, client, n) select id, client, n from ci.builds where client = {client} and n = "
        "{n}",
        plain_insert(build_log), plain_insert(artifacts), count_it},
       {&builds, &build_audit, &jobs, &build_log, &artifacts},
       true},
      {"report",
       true,
       {plain_insert(reports), plain_insert(tokens), plain_insert(weird), plain_insert(runners), count_it},
       {&reports, &tokens, &weird, &runners},
       true},
      {"note", false, {plain_insert(audit)}, {&audit}, false},
  };
  return all;
}

const WriteKind& write_kind(std::string_view name) {
  for (const WriteKind& kind : write_kinds())
    if (kind.name == name) return kind;
  fail("the history names a kind of write that is not known: {}", name);
}

// Half are single statements, as with real clients; the rest are transactions.
const WriteKind& kind_of_write(bool moved, long long n) {
  static const WriteKind &build = write_kind("build"), &pipeline = write_kind("pipeline"),
                         &report = write_kind("report"), &note = write_kind("note");
  if (!moved) return note;
  return n % 2 == 0 ? build : n % 4 == 1 ? pipeline : report;
}

std::string filled_in(const std::string& statement, int client, long long n) {
  return replaced(replaced(statement, "{client}", std::to_string(client)), "{n}", std::to_string(n));
}

}  // namespace pgcleave_lab
