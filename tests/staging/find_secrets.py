#!/usr/bin/env python3
"""Looks for secrets in files, in six encodings, and in the middle of a word: find_secrets.py SECRETS FILE|FOLDER...

SECRETS holds one a line. Prints where one is found, never the secret itself. Exit code 1 when one is found, 2 when
nothing was looked at.
`find_secrets.py --plant FOLDER SECRETS` writes a file in each encoding: what the search must find."""
import base64
import json
import os
import sys
import urllib.parse


def encodings(secret):
    raw = secret.encode()
    yield "plain", raw
    # At any offset in what was encoded: without the letters at both ends that hold bits of the neighbours.
    for skip in range(3):
        text = base64.b64encode(b"\0" * skip + raw).rstrip(b"=")
        yield "base64", text[(4 if skip else 0):-1]
    yield "hex", raw.hex().encode()
    yield "URL", urllib.parse.quote(secret, safe="").encode()
    yield "JSON", json.dumps(secret)[1:-1].encode()
    yield "quoted", secret.replace("'", "''").encode()
    yield "quoted", secret.replace("\\", "\\\\").replace("'", "\\'").encode()
    yield "quoted", secret.replace("'", "'\\''").encode()


def files(paths):
    for path in paths:
        if os.path.isdir(path):
            for folder, _, names in os.walk(path):
                yield from (os.path.join(folder, name) for name in names)
        elif os.path.exists(path):
            yield path


def search(secrets, paths):
    found = looked = 0
    for path in files(paths):
        if not os.path.isfile(path):
            continue
        with open(path, "rb") as file:
            content = file.read()
        looked += 1
        lower = content.lower()
        for number, secret in enumerate(secrets, 1):
            for encoding, needle in encodings(secret):
                if needle in content or (encoding in ("hex", "URL") and needle.lower() in lower):
                    print(f"{path}: secret {number}, {encoding}")
                    found += 1
                    break
    print(f"{looked} files, {len(secrets)} secrets, {found} found", file=sys.stderr)
    return 2 if looked == 0 else 1 if found else 0


def plant(folder, secrets):
    os.makedirs(folder, exist_ok=True)
    for number, secret in enumerate(secrets, 1):
        ways = {"plain": secret, "base64": base64.b64encode(b"user:" + secret.encode()).decode(),
                "hex": secret.encode().hex().upper(), "url": urllib.parse.quote(secret, safe=""),
                "json": json.dumps({"p": secret}), "quoted": "E'" + secret.replace("'", "''") + "'"}
        for name, text in ways.items():
            with open(os.path.join(folder, f"{number}-{name}"), "w") as file:
                file.write("before " + text + " after\n")


def main(words):
    if words[:1] == ["--plant"]:
        plant(words[1], read(words[2]))
        return 0
    return search(read(words[0]), words[1:])


def read(path):
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file if line.strip()]


sys.exit(main(sys.argv[1:]))
