#!/usr/bin/python3
"""Every runbook, environment and split file of this tree, and those that the documents show, fits its JSON Schema, and
the schemas in docs/schema refuse what they should. That they are what `pgcleave schema` prints is a unit test's matter.
"""
import json
import re
import sys
from pathlib import Path

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parents[2]
KINDS = {"pgcleave": "runbook", "environment": "environment", "split": "split"}


class Loader(yaml.SafeLoader):
    """As YAML 1.2 and pgcleave read it: `on` is a key, not true."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


def validator(kind):
    schema = json.loads((ROOT / "docs/schema" / f"{kind}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def kind_of(content):
    """By the key that holds the version of the format; None for anything else."""
    if not isinstance(content, dict):
        return None
    return next((kind for key, kind in KINDS.items() if isinstance(content.get(key), int)), None)


def files():
    places = [path.relative_to(ROOT) for suffix in ("yml", "md") for path in ROOT.rglob(f"*.{suffix}")]
    for name in sorted(str(p) for p in places if not p.parts[0].startswith((".", "build"))):
        text = (ROOT / name).read_text()
        if name.endswith(".yml"):
            yield name, text
        for number, block in enumerate(re.findall(r"^```yaml\n(.*?)^```", text, re.M | re.S)):
            yield f"{name}, block {number + 1}", block


def faults_of(validators, name, content):
    kind = kind_of(content)
    for error in validators[kind].iter_errors(content) if kind else ():
        yield f"{name}: {'/'.join(map(str, error.path))}: {error.message[:200]}"


def refuse_what_is_wrong(validators, seen):
    """A schema that lets everything through would pass all else."""
    for kind, content in seen.items():
        if not list(validators[kind].iter_errors({**content, "colour": "red"})):
            yield f"the schema of a {kind} lets an unknown key through"
    for kind in KINDS.values():
        if kind not in seen:
            yield f"no {kind} was looked at"


def main():
    validators = {kind: validator(kind) for kind in KINDS.values()}
    seen, count, faults = {}, 0, []
    for name, text in files():
        content = yaml.load(text, Loader)
        if kind_of(content):
            seen[kind_of(content)] = content
            count += 1
        faults += faults_of(validators, name, content)
    faults += refuse_what_is_wrong(validators, seen)
    print("\n".join(faults) or f"{count} files fit their schemas")
    return 1 if faults else 0


sys.exit(main())
