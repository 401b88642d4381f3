"""Tables of Python's own lists and dicts."""

import collections
import csv
import datetime
import decimal
import io
import random
import unittest

from notifykit import Refused, _table
from notifykit._values import to_json


class TableTests(unittest.TestCase):
    def test_rows_with_the_names_first(self):
        self.assertEqual(_table.read([["a", "b"], [1, None], (2, "x")]), (["a", "b"], [[1, None], [2, "x"]]))

    def test_dicts_have_all_their_names_in_order(self):
        self.assertEqual(_table.read([{"a": 1}, {"b": 2, "a": 3}]), (["a", "b"], [[1, None], [3, 2]]))

    def test_a_dict_of_columns_and_the_contracts_own_shape(self):
        self.assertEqual(_table.read({"a": [1, 2], "b": range(2)}), (["a", "b"], [[1, 0], [2, 1]]))
        self.assertEqual(_table.read({"columns": ["a"], "rows": [[1]]}), (["a"], [[1]]))

    def test_named_tuples_bring_their_names(self):
        point = collections.namedtuple("point", "x y")
        self.assertEqual(_table.read([point(1, 2)]), (["x", "y"], [[1, 2]]))

    def test_nothing_is_an_empty_table(self):
        self.assertEqual(_table.read([]).as_field(), {"columns": [], "rows": []})
        self.assertEqual(_table.read([["a", "b"]]).as_field(), {"columns": ["a", "b"], "rows": []})

    def test_cells_are_json_and_times_are_for_people(self):
        midnight = datetime.datetime(2026, 2, 3)
        noon = datetime.datetime(2026, 2, 3, 12, tzinfo=datetime.timezone.utc)
        table = _table.read({
            "day": [midnight, None], "time": [noon, midnight], "date": [datetime.date(2026, 2, 3), "x"],
            "money": [decimal.Decimal("1.10"), decimal.Decimal("NaN")], "float": [float("nan"), -0.5],
        })
        self.assertEqual(
            to_json(table.rows),
            '[["2026-02-03", "2026-02-03 12:00:00Z", "2026-02-03", 1.10, null], [null, "2026-02-03 00:00:00", "x", null, -0.5]]',
        )

    def test_columns_of_different_lengths_are_refused(self):
        with self.assertRaises(Refused):
            _table.read({"a": [1], "b": [1, 2]})
        with self.assertRaises(Refused):
            _table.read({"a": "text"})

    def test_10_000_cells_go_and_one_more_row_does_not(self):
        rows = [["a", "b"]] + [[i, i] for i in range(5000)]
        self.assertEqual(len(_table.read(rows).as_field()["rows"]), 5000)
        with self.assertRaises(Refused) as caught:
            _table.read(rows + [[1, 2]]).as_field()
        self.assertIn("5,001 rows of 2 columns; at most 10,000 cells go", str(caught.exception))

    def test_a_csv_opens_with_the_same_cells(self):
        random.seed(14)
        letters = "aé漢🎉\"',;\n\r\t \\-+=@0"
        for _ in range(200):
            width = random.randint(1, 5)
            rows = [
                ["".join(random.choices(letters, k=random.randint(1, 6))) for _ in range(width)]
                for _ in range(random.randint(1, 8))
            ]
            with self.subTest(rows=rows):
                text = _table.read(rows).as_csv().decode("utf-8")
                self.assertEqual(list(csv.reader(io.StringIO(text, newline=""))), rows)


if __name__ == "__main__":
    unittest.main()
