"""Finds where the program can be changed by one operator, condition, constant, dropped error or dropped statement, and
chooses by a seed."""
import ctypes
import hashlib
import json
import multiprocessing
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from clang import cindex
from clang.cindex import CursorKind as Kind

# Whatever decides who owns, who may write and what is destroyed.
SCOPE = [
    "src/engine/*.cpp", "src/steps/**/*.cpp", "src/world/*.cpp", "src/pgbouncer/*.cpp", "src/patroni/*.cpp",
    "src/fence/*.cpp", "src/postgres/lineage.cpp", "src/postgres/writes.cpp", "src/postgres/lock*.cpp",
    "src/postgres/transactions.cpp", "src/postgres/*sequence*.cpp",
    "src/postgres/sql/bumps.cpp", "src/config/sequence_classes.cpp",
]
LONGEST = 400  # characters of what is changed: more is a whole block
SWAPPED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "&&": "||", "||": "&&", "+": "-", "-": "+", "*": "/", "/": "*"}
# No code decides by it.
PROSE = re.compile(r"[\w.>()-]*\b(evidence|expected|hint|object|seen|text|what)\s*\+?= |[\w.]*\b(say|warn|progress)\(")
BARS = (Kind.STATIC_ASSERT, Kind.TYPE_REF, Kind.TEMPLATE_REF, Kind.NAMESPACE_REF)


@dataclass
class Place:
    """`code` takes the place of text[start:end]; {on} in it is whether the mutant is on. `after` is for people."""
    file: str
    start: int
    end: int
    line: int
    kind: str
    before: str
    after: str
    code: str
    rank: str = ""


class Source:
    def __init__(self, root, file):
        self.file = file
        self.data = (root / file).read_bytes()
        self.places = []

    def text(self, start, end):
        return self.data[start:end].decode()

    def add(self, kind, start, end, after, code):
        before = self.text(start, end)
        if 0 < end - start <= LONGEST and 'R"' not in before and "//" not in re.sub(r'"[^"]*"', "", before):
            line = self.data.count(b"\n", 0, start) + 1
            code = code.replace("{on}", "mutants::is_on({number})")
            self.places.append(Place(self.file, start, end, line, kind, before, after, code))


def extent(cursor):
    """Where it stands in the file, also as a macro's argument; None if a macro's own text brought it along."""
    ends = []
    for location in (cursor.extent.start, cursor.extent.end):
        places = []
        for ask in (cindex.conf.lib.clang_getFileLocation, cindex.conf.lib.clang_getSpellingLocation):
            file, offset = ctypes.c_void_p(), ctypes.c_uint()
            ask(location, ctypes.byref(file), None, None, ctypes.byref(offset))
            places.append((file.value, offset.value))
        if places[0] != places[1]:
            return None
        ends.append(offset.value)
    return tuple(ends) if ends[0] < ends[1] else None


def of_operator(source, cursor, start, end):
    children = list(cursor.get_children())
    if len(children) < 2:
        return
    left, right = extent(children[0]), extent(children[-1])
    if left is None or right is None or not (start == left[0] and left[1] <= right[0] and right[1] == end):
        return
    a, sign, b = source.text(*left), source.text(left[1], right[0]).strip(), source.text(*right)
    if sign in ("==", "!="):
        source.add("operator", start, end, f"{a} {'!=' if sign == '==' else '=='} {b}", f"({{on}} != ({a} {sign} {b}))")
    elif sign in SWAPPED and (
            sign not in "+-*/" or cursor.kind == Kind.BINARY_OPERATOR and "*" not in cursor.type.spelling):
        other = SWAPPED[sign]
        source.add("operator", start, end, f"{a} {other} {b}", f"({{on}} ? ({a}) {other} ({b}) : ({a}) {sign} ({b}))")


def of_condition(source, condition):
    where = extent(condition) if condition.kind.is_expression() else None
    if where is None or re.search(rb"constexpr\s*\($", source.data[:where[0]].rstrip()):
        return
    text = source.text(*where)
    source.add("condition", *where, f"!({text})", f"({{on}} != static_cast<bool>({text}))")


def of_constant(source, cursor, start, end):
    text = source.text(start, end)
    if cursor.kind == Kind.CXX_BOOL_LITERAL_EXPR:
        source.add("constant", start, end, "false" if text == "true" else "true", f"({{on}} != {text})")
    elif cursor.kind == Kind.INTEGER_LITERAL and re.fullmatch(r"[0-9']+", text):
        other = "1" if text == "0" else "0"
        source.add("constant", start, end, other, f"({{on}} ? {other} : {text})")


def of_return(source, start, end, parents):
    """Only where the function goes on behind it."""
    text = source.text(start, end)
    around = [p for p in parents if p.kind in (Kind.IF_STMT, Kind.COMPOUND_STMT)]
    if not text.startswith("return fail(") or not around:
        return
    guards = [p for p in around[-2:] if p.kind == Kind.IF_STMT]
    if not guards or len(list(guards[-1].get_children())) != 2:
        return
    block = [p for p in parents[:parents.index(guards[-1])]][-1]
    if block.kind == Kind.COMPOUND_STMT and list(block.get_children())[-1] != guards[-1]:
        source.add("error", start, end, "go on", f"if (!{{on}}) {text}")


def of_statement(source, cursor, start, end, parents):
    begins = source.data[:start].rstrip()[-1:] in (b";", b"{", b"}", b")")
    ends = source.data[end:end + 1] == b";"
    if parents[-1].kind != Kind.COMPOUND_STMT or not cursor.kind.is_expression() or not begins or not ends:
        return
    text = source.text(start, end)
    if re.match(r"(TRY|TRY_ASSIGN)\b", text) or PROSE.match(text):
        return
    if not text.rstrip().endswith(")") and "=" not in text:
        return
    source.add("statement", start, end, "nothing", f"if (!{{on}}) {text}")


def of_tries(source):
    """TRY is a macro, so it is sought in the text. It stands where a statement can."""
    text = source.data.decode("latin-1")
    for found in re.finditer(r"(?<=[;{})])\s+TRY\(", text):
        start, depth = found.end() - 4, 0
        for token in re.finditer(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])\'|[()]', text[start:]):
            depth += {"(": 1, ")": -1}.get(token.group(), 0)
            if depth == 0:
                end = start + token.end()
                break
        else:
            continue
        if text[end:end + 1] == ";":
            what = source.text(start + 4, end - 1)
            source.add("error", start, end + 1, f"static_cast<void>({what});",
                       f"{{ if ({{on}}) static_cast<void>({what}); else TRY({what}); }}")


def is_constant(source, cursor):
    where = extent(cursor)
    if where is None:
        return False
    return re.match(r"(static |inline )*(constexpr|constinit)\b", source.text(where[0], where[0] + 40)) is not None


def walk(source, cursor, parents):
    inside = any(p.kind == Kind.COMPOUND_STMT for p in parents)
    children = list(cursor.get_children())
    if cursor.kind in BARS or (cursor.kind.is_declaration() and is_constant(source, cursor)):
        return
    where = extent(cursor) if inside else None
    if where:
        if cursor.kind in (Kind.BINARY_OPERATOR, Kind.CALL_EXPR, Kind.UNEXPOSED_EXPR):
            of_operator(source, cursor, *where)
        of_constant(source, cursor, *where)
        if cursor.kind == Kind.RETURN_STMT:
            of_return(source, *where, parents)
        of_statement(source, cursor, *where, parents)
    if inside and children and cursor.kind in (Kind.IF_STMT, Kind.WHILE_STMT, Kind.CONDITIONAL_OPERATOR):
        of_condition(source, children[0])
    for child in children[1:] if cursor.kind == Kind.CASE_STMT else children:
        walk(source, child, parents + [cursor])


def read(task):
    """The places of the wanted files in what is compiled at once, as it is compiled."""
    root, wanted, unit, options = task
    tree = cindex.Index.create().parse(unit, options)
    errors = [str(d) for d in tree.diagnostics if d.severity >= cindex.Diagnostic.Error]
    if errors:
        raise RuntimeError(f"libclang can't read {unit}: {errors[0]}")
    found = {}
    for cursor in tree.cursor.get_children():
        file = cursor.location.file and Path(cursor.location.file.name).resolve()
        if file in wanted:
            walk(found.setdefault(wanted[file], Source(root, wanted[file])), cursor, [])
    for source in found.values():
        of_tries(source)
    return {file: source.places for file, source in found.items()}


def find(root, build):
    """All places, by file."""
    wanted = {file.resolve(): str(file.relative_to(root)) for glob in SCOPE for file in root.glob(glob)}
    tasks = []
    for unit in json.loads((build / "compile_commands.json").read_text()):
        included = re.findall(r'#include "(/[^"]+\.cpp)"', Path(unit["file"]).read_text())
        files = {Path(f) for f in included or [unit["file"]]}
        if any(file.resolve() in wanted for file in files):
            options = [word for word in shlex.split(unit["command"])[1:] if word not in ("-Werror", "-Winvalid-pch")]
            tasks.append((root, wanted, unit["file"], options[:options.index("-o")] + ["-w"]))
    found = {}
    with multiprocessing.Pool() as pool:
        for some in pool.imap_unordered(read, tasks):
            found.update(some)
    return dict(sorted(found.items()))


def choose(places, seed):
    """All places in the order in which they are taken: one of each file in turn, and its kinds in turn. So a change to
    one file leaves the choice of the others as it is."""
    def rank(*words):
        return hashlib.sha256("\0".join(map(str, (seed,) + words)).encode()).hexdigest()
    queues = []
    for file, all_places in places.items():
        seen, unique = {}, {}
        for place in sorted(all_places, key=lambda p: (p.start, p.end)):
            unique.setdefault((place.start, place.end, place.after), place)
        by_kind = {}
        for place in unique.values():
            same = (place.kind, place.before)
            seen[same] = seen.get(same, 0) + 1
            place.rank = rank(file, *same, seen[same])
            by_kind.setdefault(place.kind, []).append(place)
        kinds = sorted(by_kind.items(), key=lambda i: rank(file, i[0]))
        lists = [sorted(some, key=lambda p: p.rank) for kind, some in kinds]
        queue = []
        while any(lists):
            queue += [some.pop(0) for some in lists if some]
        queues.append((rank(file), queue))
    queues = [queue for _, queue in sorted(queues, key=lambda q: q[0])]
    while any(queues):
        yield from [queue.pop(0) for queue in queues if queue]
