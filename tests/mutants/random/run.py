#!/usr/bin/python3
"""Mutants that nobody chose: do the tests notice when one operator, condition, constant, error or statement is another?

All are compiled into one copy of the tree, each behind its number (switch.h). Every test runs once without a mutant,
which shows which of them it comes by; then each mutant is tried with those tests alone: unit tests and simulation, and
for what survives conformance and the scenarios. Exit code 1 if a mutant survives that explained.json does not explain,
2 if that file explains what is no longer there.

Verdicts are written to the file of --json as they come, so that a run that was stopped is worth something. With
--resume a mutant is first tried with the one unit test that caught it then; what simulation and lab caught is kept.
--until unit stops before the simulation.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is left beside the sources
import tree
import trials
from verdicts import Verdicts

ROOT = Path(__file__).resolve().parents[3]
STAGES = ("unit", "simulation", "lab")
EXPLAINED = Path(__file__).resolve().parent / "explained.json"


def arguments():
    words = argparse.ArgumentParser(prog="script/test mutants", description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--random", type=int, required=True, metavar="N", help="how many")
    words.add_argument("--seed", type=int, default=1, metavar="S", help="which; the same for the same sources (1)")
    words.add_argument("--file", default="", metavar="PART", help="only in files whose name has this part")
    words.add_argument("--lab", default=".", metavar="PATTERN",
                       help="which scenarios the survivors are tried with (all; 'none$' for none)")
    words.add_argument("--tests", default=".", metavar="PATTERN",
                       help="only unit tests and simulated scenarios of such a name")
    words.add_argument("--until", choices=STAGES, default="lab", help="the last stage: unit, simulation or lab (lab)")
    words.add_argument("--resume", type=Path, metavar="FILE",
                       help="an older run: try first what caught each mutant there")
    words.add_argument("--jobs", type=int, default=os.cpu_count(), help="unit tests at a time")
    words.add_argument("--json", type=Path, metavar="FILE")
    words.add_argument("--results", action="store_true", help="keep the figures in tests/staging/RESULTS.md")
    words.add_argument("--list", action="store_true", help="print the mutants and try none")
    return words.parse_args()


def say(text):
    print(time.strftime("%H:%M:%S"), text, flush=True)


def line_of(place):
    before, after = (" ".join(text.split()) for text in (place.before, place.after))
    return f"{place.file}:{place.line} {place.kind}: {before} => {after}"


def explanations():
    """By file, line, and what was there and what came in its place. A line that is not in the file any more explains
    nothing."""
    def is_there(e):
        file = ROOT / e["file"]
        return file.exists() and e["in"] in map(str.strip, file.read_text().split("\n"))

    listed = json.loads(EXPLAINED.read_text())
    stale = [e for e in listed if not is_there(e)]
    for e in stale:
        say(f"explained.json explains what is no longer there: {e['file']}: {e['in']}")
    return {(e["file"], e["in"], e["before"], e["after"]): e["why"] for e in listed}, bool(stale)


def main():
    options = arguments()
    folder = Path(os.environ.get("MUTANTS_FOLDER", ROOT / "build-mutants-random")).resolve()
    explained, stale = explanations()
    tree.copy(ROOT, folder)
    scratch = folder / "build"
    say("reading the sources")
    if options.list:
        for place in list(tree.places.choose(tree.places_of(ROOT, folder), options.seed))[:options.random]:
            print(line_of(place))
        return 0
    mutants, dropped = tree.build(ROOT, folder, options.random, options.seed, options.file,
                                  trials.targets(options.until), say)

    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    verdicts = Verdicts(ROOT, mutants, explained, options.json or scratch / "mutants-random.json",
                        {"commit": commit.stdout.strip(), "seed": options.seed, "mutants": len(mutants),
                         "not_compiled": dropped, "lab": options.lab})
    def tell(stage):
        def told(number, test):
            say(f"{number:4} {'caught' if test else '-'}  {line_of(mutants[number])}  {test.name if test else ''}")
            verdicts.add(number, stage, test.name if test else None)
        return told

    if options.resume:
        known = verdicts.known(json.loads(options.resume.read_text()))
        for number, row in known.items():
            if row["stage"] != "unit":
                verdicts.add(number, row["stage"], row["by"])
        say(f"trying {len(known)} of {len(mutants)} again, which were caught in {options.resume}")
        by = {number: row["by"] for number, row in known.items()}
        trials.search_again(by, trials.unit(folder), options.jobs, tell("unit"))

    for stage in STAGES[:STAGES.index(options.until) + 1]:
        left = [number for number in mutants if number not in verdicts.caught]
        if not left:
            break
        tests_of = {"unit": trials.unit, "simulation": trials.simulation, "lab": lambda f: trials.lab(f, options.lab)}
        tests = tests_of[stage](folder)
        if stage != "lab":
            tests = [test for test in tests if re.search(options.tests, test.name)]
        jobs, enough_s = (1, float("inf")) if stage == "lab" else (options.jobs, trials.ENOUGH_S)
        say(f"running {len(tests)} tests without a mutant")
        tests, out = trials.record(tests, jobs, scratch, say)
        verdicts.head.setdefault("left_out", []).extend(out)
        reached = {n for t in tests for n in t.reaches} & set(left)
        say(f"{len(tests)} tests come by {len(reached)} of {len(left)} mutants")
        trials.search(left, tests, jobs, enough_s, tell(stage))
    verdicts.write()
    rows, of = verdicts.rows(), verdicts.count()
    for row in rows:
        if row["verdict"] != "caught":
            print(f"{row['verdict']}: {row['file']}:{row['line']} {row['kind']}: "
                  f"{row['before']} => {row['after']}  {row['by']}")
    say(f"seed {options.seed}: {len(rows)} mutants, "
        f"{of['caught']} caught, {of['explained']} explained, {of['survived']} survived"
        f"{', ' + str(of['untried']) + ' not tried' if of['untried'] else ''}; "
        f"{dropped} did not compile")
    if options.results:
        subprocess.run([ROOT / "tests/staging/results/keep.sh", "mutants-random", verdicts.file], check=True)
    return 1 if of["survived"] + of["untried"] else 2 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
