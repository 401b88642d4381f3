"""The package as a whole: its Python, its imports, its types."""

import ast
import glob
import inspect
import os
import subprocess
import sys
import unittest

import notifykit
from support import WithBot

FOLDER = os.path.dirname(notifykit.__file__)
SOURCES = sorted(glob.glob(os.path.join(FOLDER, "*.py")))

# All that may be imported: Python 3.8's standard library.
STANDARD = {
    "asyncio", "contextlib", "csv", "datetime", "enum", "errno", "functools", "http", "inspect", "io", "json", "os", "re",
    "socket", "stat", "struct", "sys", "time", "traceback", "types", "typing", "__future__",
}

# What a result is made of. None of it may be loaded unless it is given.
LIBRARIES = {"numpy", "pandas", "matplotlib", "PIL", "polars", "plotly", "IPython"}


class PackageTests(WithBot):
    def test_every_file_is_python_3_8(self):
        self.assertGreater(len(SOURCES), 5)
        for path in SOURCES:
            with open(path, encoding="utf-8") as file:
                ast.parse(file.read(), path, feature_version=(3, 8))

    def test_only_the_standard_library_is_imported(self):
        for path in SOURCES:
            with open(path, encoding="utf-8") as file:
                tree = ast.parse(file.read())
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    names = {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    names = {node.module.partition(".")[0]}
                else:
                    continue
                # The cell magic runs in IPython only.
                allowed = STANDARD | ({"IPython"} if path.endswith("_magic.py") else set())
                self.assertLessEqual(names, allowed, path)

    def test_every_argument_and_result_has_a_type(self):
        for function in (notifykit.send, notifykit.alert, notifykit.load_ipython_extension):
            signature = inspect.signature(function)
            self.assertNotIn(inspect.Signature.empty, [p.annotation for p in signature.parameters.values()])
            self.assertIsNot(signature.return_annotation, inspect.Signature.empty)
        self.assertTrue(os.path.exists(os.path.join(FOLDER, "py.typed")))

    def test_every_public_name_is_there_with_a_text(self):
        for name in notifykit.__all__:
            self.assertTrue(getattr(notifykit, name).__doc__, name)

    def loaded_by(self, code):
        ended = subprocess.run(
            [sys.executable, "-c", code + "\nimport sys; print('\\n' + ' '.join(sys.modules))"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, check=False,
            env={**os.environ, "PYTHONPATH": os.path.dirname(FOLDER)},
        )
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return {name.partition(".")[0] for name in ended.stdout.splitlines()[-1].split()}

    def test_an_alert_loads_no_library_and_no_http(self):
        loaded = self.loaded_by("import notifykit; notifykit.alert(True, 'T', 'M', table=[['a'], [1]], chart=b'x')")

        self.assertEqual(loaded & (LIBRARIES | {"http", "email", "socket", "asyncio", "inspect"}), set())

    def test_a_call_loads_no_library_that_is_not_given(self):
        loaded = self.loaded_by(
            "from notifykit import *\n"
            "send('x', table=[{'a': 1}], image=b'x', file=[['a'], [1]], name='a.csv')\n"
            "with when_done('x'): pass\n"
            "@when_done\ndef f(): pass\nf()"
        )

        self.assertEqual(loaded & LIBRARIES, set())
        self.assertEqual(len(self.bot.requests), 3)


if __name__ == "__main__":
    unittest.main()
