"""The wheel, as pip takes it."""

import base64
import csv
import hashlib
import importlib.util
import io
import os
import subprocess
import sys
import unittest
import zipfile

from support import WithBot

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def load():
    spec = importlib.util.spec_from_file_location("wheel", os.path.join(ROOT, "tools", "wheel.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class WheelTests(WithBot):
    def setUp(self):
        super().setUp()
        self.wheel = load()

    def test_versions_are_pythons(self):
        for version, wanted in (
            ("1.2.0", "1.2.0"), ("0.1.0-alpha.0", "0.1.0a0"), ("1.0.0-beta.2", "1.0.0b2"), ("1.0.0-rc.1", "1.0.0rc1"),
            ("1.0.0-rc1", "1.0.0rc1"), ("0.1.0-alpha.0.5", "0.1.0a0.post5"), ("1.0.0-rc", "1.0.0rc0"),
            ("1.0.0+abc", "1.0.0"), ("1.0.0-nightly.3", "1.0.0.dev3"), ("1.0.0-hotfix", "1.0.0.dev0"),
        ):
            with self.subTest(version=version):
                self.assertEqual(self.wheel.python_version(version), wanted)
        for version in ("", "1.2", "v1.2.0", "1.2.0 x", "../1.2.0"):
            with self.subTest(version=version), self.assertRaises(SystemExit):
                self.wheel.python_version(version)

    def test_the_same_source_makes_the_same_file(self):
        first = self.wheel.make("1.0.0-rc.1", self.folder)
        with open(first, "rb") as file:
            before = file.read()
        os.utime(first, (0, 0))
        with open(self.wheel.make("1.0.0-rc.1", self.folder), "rb") as file:
            self.assertEqual(file.read(), before)
        self.assertEqual(os.path.basename(first), "notifykit-1.0.0rc1-py3-none-any.whl")

    def test_its_record_names_every_file_with_its_hash(self):
        with zipfile.ZipFile(self.wheel.make("1.0.0", self.folder)) as wheel:
            self.assertIsNone(wheel.testzip())
            names = wheel.namelist()
            rows = list(csv.reader(io.StringIO(wheel.read("notifykit-1.0.0.dist-info/RECORD").decode("utf-8"))))
            self.assertEqual([row[0] for row in rows], names)
            for name, digest, size in rows[:-1]:
                content = wheel.read(name)
                wanted = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode("ascii").rstrip("=")
                self.assertEqual((digest, int(size)), (f"sha256={wanted}", len(content)))
            self.assertEqual(rows[-1][1:], ["", ""])
        for name in ("notifykit/__init__.py", "notifykit/py.typed", "notifykit-1.0.0.dist-info/LICENSE"):
            self.assertIn(name, names)

    def test_pip_installs_it_into_a_virtual_environment(self):
        wheel = self.wheel.make("1.0.0-rc.1", self.folder)
        environment = os.path.join(self.folder, "venv")
        self.run_program(sys.executable, "-m", "venv", environment)
        python = os.path.join(environment, "bin", "python")
        self.run_program(python, "-m", "pip", "install", "--no-index", "--no-deps", "--disable-pip-version-check", wheel)

        said = self.run_program(
            python, "-c",
            "import notifykit, importlib.metadata as m; print(m.version('notifykit'), notifykit.send('From a wheel').status)",
        )

        self.assertEqual(said, "1.0.0rc1 delivered\n")
        self.assertEqual(self.only_request().fields["message"], "From a wheel")

    def run_program(self, *command):
        ended = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, check=False, cwd="/"
        )
        self.assertEqual(ended.returncode, 0, f"{' '.join(command)}\n{ended.stdout}")
        return ended.stdout


if __name__ == "__main__":
    unittest.main()
