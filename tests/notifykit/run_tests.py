"""Runs tests:  run_tests.py [--without-libraries] MODULE...

Ends with status 1 if a test fails or is skipped, if there is none, or if a library was asked for that must not be.
"""

import importlib.abc
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARIES = {"numpy", "pandas", "matplotlib", "PIL", "polars", "plotly", "IPython"}


class Refusal(importlib.abc.MetaPathFinder):
    """Refuses the libraries, as if they were not installed, and remembers who asked."""

    def __init__(self):
        self.asked = []

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in LIBRARIES:
            self.asked.append(name)
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def main(arguments):
    refusal = Refusal()
    if arguments[:1] == ["--without-libraries"]:
        del arguments[0]
        sys.meta_path.insert(0, refusal)
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.join(HERE, "..", "..", "notifykit", "src"))
    tests = unittest.defaultTestLoader.loadTestsFromNames(arguments)
    result = unittest.TextTestRunner(verbosity=1).run(tests)
    for test, reason in result.skipped:
        print(f"SKIPPED: {test}: {reason}", file=sys.stderr)
    if refusal.asked:
        print(f"ASKED FOR: {refusal.asked}", file=sys.stderr)
    return 0 if result.wasSuccessful() and result.testsRun and not result.skipped and not refusal.asked else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
