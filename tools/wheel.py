#!/usr/bin/env python3
"""Makes the wheel of notifykit:  tools/wheel.py VERSION FOLDER

VERSION is the product's, as notify-runner --version prints it. The same input makes the same file, bit for bit.
"""

import base64
import hashlib
import os
import re
import sys
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCE = os.path.join(ROOT, "notifykit", "src")
# The first moment that a zip file can name.
MOMENT = (1980, 1, 1, 0, 0, 0)

METADATA = """\
Metadata-Version: 2.1
Name: notifykit
Version: {version}
Summary: Notify from Python: scripts, programs and notebooks
License: MIT
Author: the Notify authors
Requires-Python: >=3.8
Classifier: Typing :: Typed
Description-Content-Type: text/plain

{description}
"""

WHEEL = """\
Wheel-Version: 1.0
Generator: notify
Root-Is-Purelib: true
Tag: py3-none-any
"""


def python_version(version):
    """The product's version (semver.org) as Python writes it (PEP 440): 1.2.0-rc.1 is 1.2.0rc1."""
    found = re.fullmatch(r"(\d+\.\d+\.\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?", version)
    if not found:
        raise SystemExit(f"{version} is no version: it has the form 1.2.0 or 1.2.0-rc.1.")
    release, early = found.groups()
    if early is None:
        return release
    kind, _, rest = early.partition(".")
    numbers = [int(number) for number in re.findall(r"\d+", rest or kind)] or [0]
    letters = {"alpha": "a", "beta": "b", "rc": "rc"}.get(re.sub(r"[\d-].*", "", kind).lower())
    if letters is None:
        # A branch's own word: before all others of this release.
        return f"{release}.dev{numbers[0]}"
    # A further number counts builds after a tag: alpha.0.5 is before alpha.1.
    return f"{release}{letters}{numbers[0]}" + (f".post{numbers[1]}" if len(numbers) > 1 else "")


def contents(version):
    """Names and bytes, in the order of the file."""
    with open(os.path.join(SOURCE, "notifykit", "__init__.py"), encoding="utf-8") as file:
        description = file.read().split('"""')[1].strip()
    for name in sorted(os.listdir(os.path.join(SOURCE, "notifykit"))):
        if name.endswith(".py") or name == "py.typed":
            with open(os.path.join(SOURCE, "notifykit", name), "rb") as file:
                yield f"notifykit/{name}", file.read()
    info = f"notifykit-{version}.dist-info"
    with open(os.path.join(ROOT, "LICENSE"), "rb") as file:
        yield f"{info}/LICENSE", file.read()
    yield f"{info}/METADATA", METADATA.format(version=version, description=description).encode("utf-8")
    yield f"{info}/WHEEL", WHEEL.encode("utf-8")


def make(version, folder):
    """Write the wheel; return its path."""
    version = python_version(version)
    path = os.path.join(folder, f"notifykit-{version}-py3-none-any.whl")
    record = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as wheel:
        for name, content in contents(version):
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode("ascii")
            record.append(f"{name},sha256={digest},{len(content)}\n")
            add(wheel, name, content)
        name = f"notifykit-{version}.dist-info/RECORD"
        add(wheel, name, "".join([*record, f"{name},,\n"]).encode("utf-8"))
    return path


def add(wheel, name, content):
    entry = zipfile.ZipInfo(name, MOMENT)
    # A regular file that everybody may read.
    entry.external_attr = 0o100644 << 16
    entry.create_system = 3
    wheel.writestr(entry, content)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    print(make(*sys.argv[1:]))
