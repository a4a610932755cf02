# RESULTS.md from the figures that keep.sh has kept; null: not measured yet.
def row: "| " + (map(tostring) | join(" | ")) + " |";
def table(head): (head | row), (head | map("---") | row), (.[] | row);
def of: "Commit \(.of.commit), \(.of.day); \(.of.machine); "
  + "\([.of.versions | to_entries[] | "\(.key) \(.value)"] | join(", ")).";
def spread:
  "median \(.median | . * 10 | round / 10) ms (\(.min | . * 10 | round / 10) to \(.max | . * 10 | round / 10))";
def section(title; body): "", "## " + title, (if . == null then "Not measured yet." else of, "", body end);

def faults_page: .figures as $f | [
    ["seed, time", "\($f.seed), \($f.seconds / 60 | floor) minutes"],
    ["trials", "\($f.trials): \($f.valid) valid, \($f.invalid) invalid"],
    ["crash points (SIGKILL)", "\($f.crash_points.covered) covered of \($f.crash_points.planned) chosen by the seed, "
      + "of \($f.crash_points.all) in both runbooks and both rollbacks"],
    ["writes acknowledged", $f.acknowledged], ["writes with an unknown outcome", $f.unknown],
    ["lost, duplicated, on both sides", "\($f.lost), \($f.duplicated), \($f.on_both_sides)"],
    ["WAL of the source searched for writes after the captured LSN", "\($f.wal_checked) times"],
    ["not in a terminal state", $f.not_terminal], ["trials in which another promise was broken", $f.promises_broken],
    ["longest wait of a client in a trial (budget \($f.budget_ms) ms)",
      "p50 \($f.client_wait_ms.p50) ms, p99 \($f.client_wait_ms.p99) ms, longest \($f.client_wait_ms.max) ms"],
    ["clients served again after a SIGKILL, nobody typing", "p50 \($f.flow_again_after_kill_ms.p50) ms, "
      + "longest \($f.flow_again_after_kill_ms.max) ms, \($f.flow_again_after_kill_ms.kills) kills"]
  ] | table(["", ""]);

def by_fault: .figures.by_fault | to_entries
  | map([.key, (.value.places | join(", ")), .value.valid, .value.invalid, .value.wait_ms_p50, .value.wait_ms_max,
         .value.broken])
  | table(["fault", "places", "valid", "invalid", "wait p50 ms", "wait max ms", "promises broken"]);

def worlds_page: .figures as $f | ([
    ["seed, time", "\($f.seed), \($f.minutes | floor) minutes"],
    ["worlds", "\($f.worlds), of which the harness could not finish \($f.broken_labs)"],
    ["worlds with a violation", $f.failing], ["statements acknowledged", $f.acknowledged],
    ["refusals that name what the world contains", ($f.refusals | add // 0)],
    ["refusals to look at", ($f.refusals_to_look_at | add // 0)],
    ["seconds of a world", ($f.seconds_of_a_world * 10 | round / 10)],
    ["seconds of a processor that its servers take", (($f.processor_seconds_of_a_world // 0) * 10 | round / 10)]
  ] | table(["", ""])),
  "",
  ($f.violations | to_entries[] | "- violation: \(.key), in \(.value) worlds"),
  ($f.refusals_to_look_at | to_entries[] | "- to look at, \(.value) times: \(.key)");

def pause: "\(.median | round) (\(.min | round) to \(.max | round))";
def stacks_page:
  def rows(wanted): [.[] | .key as $release | .value.of.versions as $of
    | .value.figures | to_entries[] | select(.value | wanted) | {name: "\($release) (Debian \($of.debian))", of: $of}
      + .];
  to_entries | map(select(.value != null))
  | if . == [] then "Not measured yet."
    else
      (map(.value.of.versions as $of | ["\(.key) (Debian \($of.debian))", $of.postgresql, $of.patroni, $of.pgbouncer,
                                        $of.etcd, $of.gcc])
       | table(["stack", "PostgreSQL", "Patroni", "PgBouncer", "etcd", "GCC"])),
      "",
      (rows(has("failures"))
       | map([.name, "`\(.key)`", .value.passed, (.value.failures | length), (.value.skipped | length), .value.commit,
              .value.day])
       | table(["stack", "script/test", "passed", "failed", "skipped", "commit", "day"])),
      "",
      (.[] | .key as $release | .value.figures[] | select(has("failures"))
       | (.failures[] | "- failed on \($release): \(.)"), (.skipped[] | "- skipped on \($release): \(.)")),
      "",
      (rows(has("valid"))
       | map([.name, "\(.value.trials): \(.value.valid), \(.value.invalid)", .value.acknowledged,
              "\(.value.lost), \(.value.duplicated), \(.value.on_both_sides)", .value.not_terminal,
              .value.promises_broken, "\(.value.seed), \(.value.minutes)", .value.commit, .value.day])
       | table(["stack", "fault trials: valid, invalid", "writes acknowledged", "lost, duplicated, on both sides",
                "not terminal", "other promises broken", "seed, minutes", "commit", "day"])),
      "",
      (rows(has("rounds"))
       | map([.name, .value.rounds, (.value.logical_switchover | pause), (.value.rollback | pause),
              (.value.promote_standby | pause), "\(.value.lost), \(.value.duplicated), \(.value.on_both_sides)",
              .value.client_errors, .value.commit, .value.day])
       | table(["stack", "rounds", "pause of logical-switchover, ms", "of its rollback", "of promote-standby",
                "lost, duplicated, on both sides", "client errors", "commit", "day"]))
    end;

"# Results", "Written by the harnesses themselves (`results/keep.sh`), not edited by hand. "
 + "What the figures mean: `tests/staging/README.md`.",
($faults | section("Faults on real servers: `script/test faults --results`";
  faults_page, "",
  "A to F are the letters of the list of faults: the tool, its journal, operators, bouncers, databases, Patroni and "
  + "etcd. Waits are the longest of any client in a trial; a fault that takes a server away keeps its clients waiting "
  + "by itself.", "",
  by_fault,
  (.figures.broken[]
   | "- promise broken: \(.fault), \(.runbook) \(.direction), \(.place) \(.point): \(.broken | join("; "))"), "",
  (.figures.invalid_trials[] | "- invalid: \(.fault), \(.runbook) \(.direction), \(.place): \(.why)"))),
"", "## Stacks: `script/matrix RELEASE --results`",
"Each in a root folder of its own on one machine.", "",
($stacks | stacks_page),
($simulation | section("Simulation: `script/test simulation --results`";
  "\(.figures.crash_points) crash points, all covered, each followed by resume and by rollback; "
  + "\(.figures.single) trials of single faults, \(.figures.pairs) of pairs, seed \(.figures.seed); "
  + "\(.figures.failed) failed.")),
($mutants | section("Mutants: `script/test mutants --results`";
  "\(.figures.caught) of \(.figures.mutants) caught, \(.figures.survived | length) survived, "
  + "\(.figures.invalid) could not be tried.", "",
  (.figures.rows
   | map([.mutant, .verdict, .breaks, "`\(.by)`"]) | table(["mutant", "verdict", "breaks", "tried by"])))),
($mutants_random | section("Mutants that nobody chose: `script/test mutants --random N --results`";
  (.figures as $f | "Seed \($f.seed): \($f.caught) of \($f.mutants) caught, \($f.explained) more explained, "
   + "\($f.survived) survived; \($f.not_compiled) others did not compile. Scenarios tried: `\($f.lab)`."), "",
  (.figures.rows
   | map(select(.verdict != "caught")
     | ["`\(.file):\(.line)`", .kind, (.before, .after | gsub("\\s+"; " ") | gsub("\\|"; "\\|")), .verdict, .by])
   | table(["where", "kind", "before", "after", "verdict", "why"])))),
($coverage | section("Branches gone through by unit tests and simulation: `script/test coverage --results`";
  (.figures
   | map([.file, .branches, .covered,
      "\(if .branches == 0 then 100 else .covered / .branches * 1000 | round / 10 end) %"])
   | table(["file", "branches", "gone through", ""])))),
($outage | section("Reported against observed outage: `script/bench outage --results`";
  (.figures.figures as $f | [
    ["windows", $f.windows],
    ["mean of a bouncer's clients, absolute difference", ($f.mean.absolute_difference_ms | spread)],
    ["the client served last, absolute difference", ($f.absolute_difference_ms | spread)],
    ["outage observed", ($f.observed_ms | spread)], ["pause", ($f.pause_ms | spread)]] | table(["", ""])))),
($worlds | section("Random worlds: `script/test worlds --results`"; worlds_page)),
($secrets | section("Secrets: `script/test secrets --results`";
  "\(.figures.files) files (output, logs, journals, reports, process lists, configurations) searched for "
  + "\(.figures.secrets) planted secrets in six encodings: \(.figures.found) found."))
