"""What is known of each mutant, in the file that is written anew with every verdict."""
import json
import threading
from pathlib import Path

IDENTITY = ("file", "in", "column", "before", "after")


def identity(row):
    return tuple(row[name] for name in IDENTITY)


def describe(root, place):
    data = (root / place.file).read_bytes()
    begin = data.rfind(b"\n", 0, place.start) + 1
    line = data[begin:].split(b"\n", 1)[0].decode()
    column = place.start - begin - (len(line) - len(line.lstrip()))
    return {"file": place.file, "line": place.line, "in": line.strip(), "column": column, "kind": place.kind,
            "before": place.before, "after": place.after}


class Verdicts:
    def __init__(self, root, mutants, explained, file, head):
        self.file, self.head, self.explained = file, head, explained
        self.caught = {}  # number: stage and test
        self.survived = {}  # number: the stages whose tests did not notice it
        self.mutants = {number: describe(root, place) for number, place in mutants.items()}
        self.lock = threading.Lock()

    def known(self, old):
        """number: the row of an older run in which it was caught. It is the same mutant if its line and what was
        changed in it are as they were, wherever that line is now."""
        caught = {identity(row): row for row in old["rows"] if row["verdict"] == "caught"}
        return {number: caught[identity(row)] for number, row in self.mutants.items() if identity(row) in caught}

    def add(self, number, stage, test):
        with self.lock:
            if test:
                self.caught[number] = stage, test
            else:
                self.survived.setdefault(number, []).append(stage)
            self.write()

    def row(self, number):
        described = self.mutants[number]
        if number in self.caught:
            stage, test = self.caught[number]
            return described | {"verdict": "caught", "stage": stage, "by": test}
        why = self.explained.get(tuple(described[name] for name in ("file", "in", "before", "after")), "")
        verdict = "explained" if why else "survived" if number in self.survived else "untried"
        return described | {"verdict": verdict, "stage": (self.survived.get(number) or [""])[-1], "by": why}

    def rows(self):
        return [self.row(number) for number in self.mutants]

    def count(self):
        verdicts = [row["verdict"] for row in self.rows()]
        return {verdict: verdicts.count(verdict) for verdict in ("caught", "explained", "survived", "untried")}

    def write(self):
        stages = [stage for stage, _ in self.caught.values()]
        caught_by = {s: stages.count(s) for s in ("unit", "simulation", "lab")}
        figures = self.head | self.count() | {"caught_by": caught_by, "rows": self.rows()}
        new = Path(f"{self.file}.new")
        new.write_text(json.dumps(figures, indent=1))
        new.replace(self.file)
