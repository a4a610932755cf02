"""The copy of the tree in which all mutants are compiled in, and its build."""
import hashlib
import os
import pickle
import re
import shutil
import subprocess
from pathlib import Path

import places

HERE = Path(__file__).resolve().parent


def is_source(name):
    return name.startswith("src/") and name.endswith(".cpp")


def copy(root, folder):
    """What differs is written, so that what was built of the rest stays good. Sources that are there are left to
    write(): with mutants they always differ."""
    marker = folder / ".mutants"
    folder.mkdir(parents=True, exist_ok=True)
    if not marker.exists() and any(folder.iterdir()):
        raise SystemExit(f"{folder} holds something else")
    marker.touch()
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            check=True, capture_output=True)
    wanted = {name for name in listed.stdout.decode().split("\0") if name and (root / name).is_file()}
    for name in wanted:
        target = folder / name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target)
        elif not is_source(name) and target.read_bytes() != (root / name).read_bytes():
            shutil.copy(root / name, target)
    for top in folder.iterdir():
        if top.is_dir() and top.name not in ("build", ".git"):
            for file in [f for f in top.rglob("*") if f.is_file() and str(f.relative_to(folder)) not in wanted]:
                file.unlink()
    subprocess.run(["cmake", "--preset", "release"], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def places_of(root, folder):
    """Kept beside the build for as long as neither the sources nor the finder change."""
    build = folder / "build"
    files = [HERE / "places.py", build / "compile_commands.json"] + sorted((root / "src").rglob("*.[ch]*"))
    key = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    kept = build / "mutants-places.pickle"
    if kept.exists():
        old, found = pickle.loads(kept.read_bytes())
        if old == key:
            return found
    write(root, folder, {})
    found = places.find(folder, build)
    kept.write_bytes(pickle.dumps((key, found)))
    return found


def write(root, folder, mutants):
    """Each mutant behind its number; lines keep their numbers."""
    by_file = {}
    for number, place in mutants.items():
        by_file.setdefault(place.file, []).append((number, place))
    for file in sorted(str(f.relative_to(root)) for f in (root / "src").rglob("*.cpp")):
        data = (root / file).read_bytes()
        for number, place in sorted(by_file.get(file, []), key=lambda m: -m[1].start):
            code = place.code.replace("{number}", str(number)).replace("\n", " ") + "\n" * place.before.count("\n")
            data = data[:place.start] + code.encode() + data[place.end:]
        if file in by_file:
            data = f'#include "{folder}/tests/mutants/random/switch.h"\n#line 1\n'.encode() + data
        if (folder / file).read_bytes() != data:
            (folder / file).write_bytes(data)


def refused(folder, mutants, log):
    """The mutants at the lines that the compiler complains of."""
    for pattern in (r"^(\S+?):(\d+):\d+: (?:error:|note: in expansion of macro)", r"^(\S+?):(\d+):\d+:"):
        lines = {(os.path.relpath(f, folder), int(line)) for f, line in re.findall(pattern, log, re.M)}
        found = [number for number, place in mutants.items()
                 if any((place.file, line) in lines
                        for line in range(place.line, place.line + place.before.count("\n") + 1))]
        if found:
            return found
    raise SystemExit("the copy does not build, for no mutant's sake:\n" + log[-3000:])


def overlaps(place, others):
    return any(place.file == o.file and place.start < o.end and o.start < place.end for o in others)


def build(root, folder, wanted, seed, only, targets, say):
    """Chooses, writes and builds. One that does not compile is dropped, and the next of the order takes its place; the
    next run knows it."""
    kept = folder / "build" / "mutants-refused"
    not_compiled = set(kept.read_text().split()) if kept.exists() else set()
    order = places.choose(places_of(root, folder), seed)
    mutants, taken, dropped = {}, [], 0
    environment = dict(os.environ, CCACHE_BASEDIR=str(folder), CCACHE_NOHASHDIR="1") if folder != root else None
    while True:
        while len(mutants) < wanted:
            place = next(order, None)
            if place is None:
                break
            if only in place.file and not overlaps(place, taken):
                taken.append(place)
                if place.rank in not_compiled:
                    dropped += 1
                else:
                    mutants[len(taken)] = place
        write(root, folder, mutants)
        say(f"building a copy with {len(mutants)} mutants")
        done = subprocess.run(["ninja", "-C", "build", "-k", "0", *targets], cwd=folder, env=environment,
                              capture_output=True, text=True)
        if done.returncode == 0:
            return mutants, dropped
        for bad in refused(folder, mutants, done.stdout):
            say(f"does not compile: {mutants[bad].file}:{mutants[bad].line} "
                f"{mutants[bad].before!r} => {mutants[bad].after!r}")
            not_compiled.add(mutants.pop(bad).rank)
            dropped += 1
        kept.write_text("\n".join(sorted(not_compiled)))
