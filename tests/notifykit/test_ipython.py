"""%%notify, in IPython's own shell."""

import asyncio
import os
import re
import sys
import unittest

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.io import capture_output

from strict_bot import Answer
from support import WithBot


class MagicTests(WithBot):
    @classmethod
    def setUpClass(cls):
        cls.shell = InteractiveShell.instance()
        cls.shell.run_line_magic("colors", "nocolor")
        cls.shell.run_line_magic("load_ext", "notifykit")

    def run_cell(self, cell):
        """The result, and what was shown."""
        with capture_output(display=False) as shown:
            result = self.shell.run_cell(cell, store_history=True)
        return result, shown.stdout + shown.stderr

    @property
    def told(self):
        return [request.fields["title"] for request in self.bot.requests]

    def test_a_cell_runs_in_the_notebook_and_its_end_is_told(self):
        result, shown = self.run_cell("%%notify training\nimport math\nx = math.sqrt(49)\nprint('printed')\nx + 1")

        self.assertTrue(result.success)
        self.assertEqual(self.shell.user_ns["x"], 7)
        self.assertIn("printed", shown)
        self.assertIn("8.0", shown)
        self.assertEqual(self.told, ["training: done"])

    def test_a_failure_is_shown_once_told_and_fails_the_cell(self):
        result, shown = self.run_cell("%%notify\ndef f():\n    return 1 / 0\nf()")

        self.assertFalse(result.success)
        self.assertEqual(shown.count("ZeroDivisionError: division by zero"), 1)
        self.assertNotIn("_CellFailed", shown)
        request = self.only_request()
        self.assertEqual(request.fields["title"], "The cell: failed")
        self.assertIn("ZeroDivisionError: division by zero", request.fields["message"])
        self.assertNotIn("interactiveshell.py", request.fields["message"])
        self.assertNotIn("_magic.py", request.fields["message"])

    def test_a_mistyped_cell_is_told(self):
        result, shown = self.run_cell("%%notify x\nif:")

        self.assertFalse(result.success)
        self.assertEqual(shown.count("SyntaxError"), 1)
        self.assertEqual(self.told, ["x: failed"])

    def test_an_interrupted_cell_is_told_as_one(self):
        result, _ = self.run_cell("%%notify x\nraise KeyboardInterrupt")

        self.assertFalse(result.success)
        self.assertEqual(self.told, ["x: interrupted"])

    def test_cells_with_magics_and_awaits_work(self):
        self.run_cell("%%notify x\n%time y = 3\n!true")
        result, shown = self.run_cell("%%notify y\nimport asyncio\nawait asyncio.sleep(0)\nz = 5")

        self.assertTrue(result.success, shown)
        self.assertEqual((self.shell.user_ns["y"], self.shell.user_ns["z"]), (3, 5))
        self.assertEqual(self.told, ["x: done", "y: done"])

    def test_where_the_notebooks_loop_runs_an_await_says_what_to_write_instead(self):
        async def kernel():
            return self.run_cell("%%notify y\nimport asyncio\nawait asyncio.sleep(0)")

        result, shown = asyncio.run(kernel())

        self.assertFalse(result.success)
        self.assertIn("async with notifykit.when_done", shown)
        self.assertEqual(self.told, [])

        async def kernel_without():
            return self.run_cell("%%notify y\nq = 9")

        self.assertTrue(asyncio.run(kernel_without())[0].success)
        self.assertEqual(self.told, ["y: done"])

    def test_a_bot_that_is_away_is_a_line_and_the_cell_is_fine(self):
        self.bot.answers = [Answer(403, {"error": "You are no longer in the group dataread. Log in again."})]

        result, shown = self.run_cell("%%notify x\n1")

        self.assertTrue(result.success)
        self.assertIn("notifykit: how x ended was not told: You are no longer in the group dataread.", shown)

    def test_the_guides_cells_work(self):
        with open(os.path.join(os.path.dirname(__file__), "..", "..", "docs", "notifications.md"), encoding="utf-8") as file:
            cells = re.findall(r"```text\n(%.*?)```", file.read(), re.DOTALL)
        self.assertEqual(len(cells), 2)

        for cell in cells:
            result, shown = self.run_cell(cell)
            self.assertTrue(result.success, shown)
        self.assertEqual(self.told, ["training: done"])

    def test_a_notebook_sends_what_it_shows(self):
        result, shown = self.run_cell(
            "from notifykit import send\nimport pandas\nsend('x', table=pandas.DataFrame({'a': [1]})).status"
        )

        self.assertTrue(result.success, shown)
        self.assertEqual(self.only_request().fields["table"], {"columns": ["a"], "rows": [[1]]})


if __name__ == "__main__":
    sys.exit(unittest.main())
