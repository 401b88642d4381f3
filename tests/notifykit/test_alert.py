"""alert: what a script prints, as the runner reads it."""

import datetime
import decimal
import enum
import json
import os
import stat
import sys
import unittest
from unittest import mock

from notifykit import Refused, alert
from strict_bot import refuse_constant
from support import JPEG, PNG, WithBot, printed


class Colour(enum.Enum):
    RED = "red"


class AlertTests(WithBot):
    def setUp(self):
        super().setUp()
        patched = mock.patch.object(sys, "argv", ["/home/alice/user/notifications/revenue.drop.py"])
        patched.start()
        self.addCleanup(patched.stop)
        self.charts = os.path.join(self.folder, ".notifications", "charts")

    def result_of(self, *arguments, **options):
        with printed() as text:
            alert(*arguments, **options)
        line = text.getvalue()
        self.assertEqual(line.count("\n"), 1)
        return json.loads(line, parse_constant=refuse_constant)

    def test_nothing_to_say_is_one_field(self):
        for when in (False, None, 0, [], ""):
            with self.subTest(when=when):
                self.assertEqual(self.result_of(when, "Title", "Message", chart=PNG), {"notify": False})
        self.assertFalse(os.path.exists(self.charts))

    def test_title_message_and_cooldown(self):
        result = self.result_of(3 > 2, "Revenue down 25 %", "*45,300*", cooldown="12h")

        self.assertEqual(
            result, {"notify": True, "title": "Revenue down 25 %", "message": "*45,300*", "cooldown": "12h"}
        )
        self.assertEqual(self.result_of(True, message="x", cooldown=datetime.timedelta(days=1))["cooldown"], "1440m")
        self.assertEqual(self.result_of(True, message="x", cooldown=datetime.timedelta(seconds=61))["cooldown"], "2m")

    def test_a_title_alone_is_the_message_with_no_markup_in_it(self):
        self.assertEqual(
            self.result_of(True, "Stale: _a_ *b* `c` [d]"), {"notify": True, "message": r"Stale: \_a\_ \*b\* \`c\` \[d]"}
        )

    def test_every_field_is_there_only_where_it_says_something(self):
        result = self.result_of(
            True, "T", "M", buttons=[{"text": "Again", "run": "other.py"}], silent=True, urgent=True, data={"n": 1},
            table=[{"a": 1}], files=["/data/report.pdf"],
        )
        self.assertEqual(
            result,
            {
                "notify": True, "title": "T", "message": "M", "buttons": [{"text": "Again", "run": "other.py"}],
                "silent": True, "urgent": True, "data": {"n": 1}, "table": {"columns": ["a"], "rows": [[1]]},
                "files": ["/data/report.pdf"],
            },
        )
        self.assertIs(self.result_of(True, message="x", buttons=False)["buttons"], False)

    def test_data_of_any_kind_is_json(self):
        data = {
            "nan": float("nan"), "infinite": float("-inf"), "money": decimal.Decimal("1.10"), "none": None,
            "large": decimal.Decimal("1E+3"), "not": decimal.Decimal("NaN"), "day": datetime.date(2026, 2, 3),
            "time": datetime.datetime(2026, 2, 3, 7, 15, tzinfo=datetime.timezone.utc), "took": datetime.timedelta(hours=2),
            "set": {1}, "tuple": (1, True), 7: "seven", None: 0, True: 1, "colour": Colour.RED, "bytes": b"\xff",
            "path": type("P", (), {"__str__": lambda self: "text"})(), "half": "\ud800", "big": 10**30,
            datetime.date(2026, 2, 3): "day",
        }
        with printed() as text:
            alert(True, message="x", data=data)

        self.assertIn('"money": 1.10,', text.getvalue())
        self.assertTrue(text.getvalue().isascii())
        result = json.loads(text.getvalue(), parse_constant=refuse_constant)["data"]
        self.assertEqual(
            result,
            {
                "nan": None, "infinite": None, "money": 1.1, "none": None, "large": 1000.0, "not": None,
                "day": "2026-02-03", "time": "2026-02-03T07:15:00+00:00", "took": "2:00:00", "set": [1],
                "tuple": [1, True], "7": "seven", "null": 0, "true": 1, "colour": "red", "bytes": "\ufffd",
                "path": "text", "half": "\ufffd", "big": 10**30, "2026-02-03": "day",
            },
        )

    def test_what_holds_itself_is_refused(self):
        data = {}
        data["self"] = data

        with self.assertRaises(Refused) as caught:
            alert(True, message="x", data=data)
        self.assertIn("or holds itself", str(caught.exception))

    def test_what_can_not_be_an_alert_is_refused_with_a_sentence(self):
        for arguments, options, sentence in [
            ((float("nan"), "x"), {}, "when is a missing value (NaN)"),
            ((True,), {}, "An alert needs a message or a chart."),
            ((True, None, "x"), {"cooldown": 30}, 'cooldown takes a text such as "30m", "6h" or "7d", not 30.'),
            ((True, None, "x"), {"data": [1]}, "data takes a dict, not list."),
            ((True, None, "x"), {"chart": 3}, "chart takes a path, bytes, or a figure"),
        ]:
            with self.subTest(sentence=sentence), printed() as text, self.assertRaises(Refused) as caught:
                alert(*arguments, **options)
            self.assertIn(sentence, str(caught.exception))
            self.assertEqual(text.getvalue(), "")

    def test_a_path_is_passed_on_as_it_is_and_absolute(self):
        self.assertEqual(self.result_of(True, chart="~/chart.png")["image_path"], os.path.join(self.folder, "chart.png"))
        with mock.patch.object(os, "getcwd", return_value="/work"):
            self.assertEqual(self.result_of(True, charts=["a.png", "/b.png"])["images"], ["/work/a.png", "/b.png"])

    def test_pictures_and_files_are_saved_for_the_user_alone(self):
        result = self.result_of(True, charts=[PNG, JPEG, PNG], files=[([["n"], [1]], "orders.csv"), (b"x", "../a b")])

        names = [os.path.basename(path) for path in result["images"] + result["files"]]
        self.assertEqual(names, ["chart.png", "chart.jpg", "chart-2.png", "orders.csv", "_a_b"])
        folder = os.path.dirname(result["images"][0])
        self.assertRegex(os.path.basename(folder), r"\Arevenue_drop\.\d{8}T\d{12}\.[0-9a-f]{8}\Z")
        for path in result["images"] + result["files"]:
            self.assertEqual(os.path.dirname(path), folder)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        for path in (folder, self.charts, os.path.dirname(self.charts)):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o700)
        with open(result["images"][0], "rb") as file:
            self.assertEqual(file.read(), PNG)
        with open(result["files"][0], "rb") as file:
            self.assertEqual(file.read(), b"n\r\n1\r\n")

    def test_the_newest_20_alerts_of_a_script_keep_their_charts_and_other_files_stay(self):
        os.makedirs(self.charts)
        others = ["my_chart.png", "revenue_drop.png", "revenue_drop_2.20260203T071500000000.0123abcd", "revenue_drop.x"]
        for name in others:
            self.write(os.path.join(self.charts, name), b"")
        paths = [self.result_of(True, chart=PNG)["image_path"] for _ in range(25)]

        self.assertEqual([os.path.exists(path) for path in paths], [False] * 5 + [True] * 20)
        self.assertEqual(len(os.listdir(self.charts)), 20 + len(others))
        with mock.patch.object(sys, "argv", ["other.py"]):
            self.result_of(True, chart=PNG)
        self.assertEqual(len(os.listdir(self.charts)), 21 + len(others))

    def test_without_room_for_the_chart_the_text_still_goes(self):
        self.write(".notifications", b"a file in the way")

        with printed("stderr") as said:
            result = self.result_of(True, "Daily", "Text", chart=PNG)

        self.assertNotIn("image_path", result)
        self.assertEqual(result["message"], f"Text\n\nNo chart: `{self.charts} can't be written (Not a directory)`")
        self.assertIn("notifykit: no chart: ", said.getvalue())

    def test_a_script_without_a_name_has_a_folder_too(self):
        for argv in ([], [""], ["-c"], ["/x/é.py"]):
            with self.subTest(argv=argv), mock.patch.object(sys, "argv", argv):
                self.assertTrue(os.path.exists(self.result_of(True, chart=PNG)["image_path"]))


if __name__ == "__main__":
    unittest.main()
