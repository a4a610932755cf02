"""The tests, which mutants each of them comes by, and what they say of one mutant."""
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

# The programs that mutants can be in.
UNIT = ("postgres", "fence", "pgbouncer", "patroni", "config", "runbook", "world", "steps", "engine", "checks", "watch")
LIMIT_S = 600
# Of unit tests, and of the simulation, for one mutant, the quickest first: some are come by in nearly every test.
ENOUGH_S = 300


@dataclass
class Test:
    name: str
    command: list
    folder: str
    skip_code: int = -1
    seconds: float = 0.0
    reaches: set = field(default_factory=set)


def end(process, how, patience_s):
    try:
        os.killpg(process.pid, how)
        process.wait(patience_s)
    except (ProcessLookupError, subprocess.TimeoutExpired):
        pass


def run(test, limit, **environment):
    """The exit code, None when it takes too long: then it is asked to end, which takes a scenario's servers down, and
    killed."""
    with tempfile.TemporaryDirectory(prefix="m-", ignore_cleanup_errors=True) as scratch:
        os.chmod(scratch, 0o1777)  # servers run as another user
        process = subprocess.Popen(test.command, cwd=test.folder, env=dict(os.environ, TMPDIR=scratch, **environment),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            return None
        finally:
            end(process, signal.SIGTERM, 30)
            end(process, signal.SIGKILL, 10)


def of_ctest(folder, labels):
    listed = subprocess.run(["ctest", "--test-dir", folder / "build", "--show-only=json-v1", "-L", labels],
                            check=True, capture_output=True, text=True)
    for test in json.loads(listed.stdout)["tests"]:
        properties = {p["name"]: p["value"] for p in test["properties"]}
        yield Test(test["name"], test.get("command", []), properties.get("WORKING_DIRECTORY", "."),
                   properties.get("SKIP_RETURN_CODE", -1))


def unit(folder):
    """Without the programs in which there is no mutant."""
    tests = [test for test in of_ctest(folder, "^unit$")
             if test.command and Path(test.command[0]).name.removeprefix("unit_") in UNIT]
    holds = {program: b"MUTANTS_REACHED" in Path(program).read_bytes()
             for program in {test.command[0] for test in tests}}
    return [test for test in tests if holds[test.command[0]]]


def targets(until):
    """What has to be built; nothing for all."""
    return [f"unit_{name}" for name in UNIT] if until == "unit" else []


def simulation(folder):
    program = str(folder / "build" / "pgcleave-simulation")
    listed = subprocess.run([program, "--faults", "0"], cwd=folder / "build", capture_output=True, text=True).stdout
    names = re.findall(r"^(\S+ (?:forward|back)):", listed, re.M)
    command = [program, "--faults", "1", "--jobs", "1", "--scenario"]
    return [Test(f"simulation: {name}", [*command, name], str(folder / "build")) for name in names]


def lab(folder, pattern):
    return [test for test in of_ctest(folder, "^(lab|staging|long)$")
            if re.search(pattern, test.name + " " + " ".join(test.command))]


def record(tests, jobs, scratch, say):
    """Runs each without a mutant; leaves out what does not pass, or is skipped here."""
    def one(numbered):
        number, test = numbered
        reached = scratch / f"reached-{number}"
        reached.unlink(missing_ok=True)
        began = time.monotonic()
        code = run(test, LIMIT_S, MUTANTS_REACHED=str(reached))
        test.seconds = time.monotonic() - began
        if reached.exists():
            test.reaches = set(map(int, reached.read_text().split()))
            reached.unlink()
        return code
    with ThreadPoolExecutor(jobs) as pool:
        codes = list(pool.map(one, enumerate(tests)))
    out = [test.name for test, code in zip(tests, codes) if code not in (0, test.skip_code)]
    for name in out:
        say(f"left out, does not pass without a mutant: {name}")
    return sorted([t for t, code in zip(tests, codes) if code == 0], key=lambda t: t.seconds), out


def catcher(number, tests, enough_s):
    """The first test that a mutant makes fail or hang; it passes without it at the same time."""
    spent = 0.0
    for test in [t for t in tests if number in t.reaches]:
        if spent > enough_s:
            break
        spent += test.seconds
        limit = 5 * test.seconds + 20
        if run(test, limit, MUTANT=str(number)) not in (0, test.skip_code) and run(test, limit) == 0:
            return test
    return None


def catches(number, test):
    """Whether this test notices it, whatever else was tried. It passes without it, which also tells how long it
    takes."""
    began = time.monotonic()
    if run(test, LIMIT_S) != 0:
        return False
    return run(test, 5 * (time.monotonic() - began) + 20, MUTANT=str(number)) not in (0, test.skip_code)


def search_again(known, tests, jobs, tell):
    """known: the name of the test that caught each in an older run"""
    by_name = {test.name: test for test in tests}
    pairs = [(number, by_name[name]) for number, name in known.items() if name in by_name]

    def one(pair):
        number, test = pair
        if catches(number, test):
            tell(number, test)
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, pairs))


def search(numbers, tests, jobs, enough_s, tell):
    """number: the test that catches it, or None"""
    def one(number):
        found = catcher(number, tests, enough_s)
        tell(number, found)
        return number, found
    with ThreadPoolExecutor(jobs) as pool:
        return dict(pool.map(one, numbers))
