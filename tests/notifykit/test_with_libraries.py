"""Frames, figures and scalars of the libraries that analysts have: numpy, pandas, matplotlib, Pillow."""

import csv
import datetime
import io
import json
import struct
import sys
import unittest
from unittest import mock

import matplotlib
import numpy
import pandas
import PIL.Image

matplotlib.use("Agg")
from matplotlib import pyplot

from notifykit import Refused, _table, alert, send
from notifykit._values import to_json
from strict_bot import refuse_constant
from support import WithBot, printed


def size_of(png):
    assert png[:8] == b"\x89PNG\r\n\x1a\n", png[:8]
    return struct.unpack(">II", png[16:24])


class LibraryTests(WithBot):
    def result_of(self, *arguments, **options):
        with printed() as text:
            alert(*arguments, **options)
        return json.loads(text.getvalue(), parse_constant=refuse_constant)

    def photo(self):
        return self.bot.requests[-1].of("photo")[0][1]

    def tearDown(self):
        pyplot.close("all")
        super().tearDown()

    def test_a_figure_of_matplotlib_is_drawn_for_a_phone(self):
        figure, axes = pyplot.subplots(figsize=(8, 4.5))
        lines = axes.plot([1, 4, 9])

        for source in (figure, axes, pyplot):
            send(image=source)
            self.assertEqual(size_of(self.photo()), (1200, 675))
        with self.assertRaises(Refused):
            send(image=lines)

        large = pyplot.figure(figsize=(2, 1), dpi=300)
        send(image=large)
        self.assertEqual(size_of(self.photo()), (600, 300))

    def test_what_pandas_plots_is_a_picture(self):
        send(image=pandas.DataFrame({"n": [1, 2, 3]}).plot())

        self.assertGreater(size_of(self.photo())[0], 600)

    def test_a_pillow_image_of_every_mode_is_a_png(self):
        for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F"):
            with self.subTest(mode=mode):
                send(image=PIL.Image.new(mode, (30, 20)))
                self.assertEqual(size_of(self.photo()), (30, 20))

    def test_an_alerts_figures_are_saved(self):
        figure = pyplot.figure(figsize=(4, 3))

        result = self.result_of(True, "Daily", chart=figure)
        with open(result["image_path"], "rb") as file:
            self.assertEqual(size_of(file.read()), (600, 450))
        self.assertEqual(len(self.result_of(True, "Daily", charts=[figure, figure])["images"]), 2)

    def test_numpys_and_pandas_truth_counts(self):
        for when, wanted in (
            (numpy.bool_(True), True), (numpy.bool_(False), False), (numpy.float64(0), False), (numpy.int64(3), True),
            (pandas.Series([1, 2]).gt(1).any(), True), (numpy.array(True), True), (numpy.array(False), False),
        ):
            with self.subTest(when=repr(when)):
                self.assertIs(self.result_of(when, message="x")["notify"], wanted)

    def test_several_truths_and_a_missing_one_are_refused(self):
        for when in (
            numpy.array([True]), pandas.Series([False]), pandas.DataFrame({"a": [1]}), pandas.NA, pandas.NaT,
            numpy.float64("nan"),
        ):
            with self.subTest(when=repr(when)), self.assertRaises(Refused):
                alert(when, message="x")

    def test_scalars_of_numpy_and_pandas_are_json(self):
        data = {
            "int": numpy.int64(7), "small": numpy.uint8(255), "float": numpy.float64(0.5), "single": numpy.float32(0.5),
            "nan": numpy.float32("nan"), "inf": numpy.float64("inf"), "bool": numpy.bool_(True), "text": numpy.str_("x"),
            "long": numpy.longdouble(0.5), "array": numpy.array([[1, 2], [3, 4]]), "zero": numpy.array(5),
            "day": numpy.datetime64("2026-02-03"), "ns": numpy.datetime64("2026-02-03T07:15:00.000000001"),
            "nat": numpy.datetime64("NaT"), "took": numpy.timedelta64(90, "s"), "NaT": pandas.NaT, "NA": pandas.NA,
            "timestamp": pandas.Timestamp("2026-02-03 07:15", tz="UTC"), "delta": pandas.Timedelta("1h"),
            "period": pandas.Period("2026-02"), "series": pandas.Series([1, None]), "index": pandas.Index(["a"]),
            numpy.int64(1): "key", pandas.Timestamp("2026-02-03"): "day key", "half": numpy.float16(0.5),
        }
        self.assertEqual(
            self.result_of(True, message="x", data=data)["data"],
            {
                "int": 7, "small": 255, "float": 0.5, "single": 0.5, "nan": None, "inf": None, "bool": True, "text": "x",
                "long": 0.5, "array": [[1, 2], [3, 4]], "zero": 5, "day": "2026-02-03", "ns": "2026-02-03T07:15:00",
                "nat": None, "took": "0:01:30", "NaT": None, "NA": None, "timestamp": "2026-02-03T07:15:00+00:00",
                "delta": "0 days 01:00:00", "period": "2026-02", "series": [1.0, None], "index": ["a"], "1": "key",
                "2026-02-03T00:00:00": "day key", "half": 0.5,
            },
        )

    def test_a_series_with_names_is_an_object(self):
        totals = pandas.Series({"a": 1, "b": 2})
        self.assertEqual(self.result_of(True, message="x", data=totals.to_dict())["data"], {"a": 1, "b": 2})

    def test_a_frame_is_a_table(self):
        frame = pandas.DataFrame({
            "day": pandas.to_datetime(["2026-02-03", None]), "n": [1, -2], "x": [0.5, float("nan")], "who": ["Ada", None],
            "maybe": pandas.array([1, None], dtype="Int64"), "kind": pandas.Categorical(["a", "b"]), "ok": [True, False],
            3: [pandas.Timedelta("1h"), pandas.NaT],
        })
        table = json.loads(to_json(_table.read(frame).as_field()))

        self.assertEqual(table["columns"], ["day", "n", "x", "who", "maybe", "kind", "ok", "3"])
        self.assertEqual(
            table["rows"],
            [["2026-02-03", 1, 0.5, "Ada", 1, "a", True, "0 days 01:00:00"], [None, -2, None, None, None, "b", False, None]],
        )

    def test_an_index_is_a_column_unless_it_only_counts(self):
        frame = pandas.DataFrame({"shop": ["a", "a", "b"], "day": ["x", "y", "x"], "n": [1, 2, 3]})

        by_shop = _table.read(frame.groupby("shop")[["n"]].sum())
        self.assertEqual(by_shop, (["shop", "n"], [["a", 3], ["b", 3]]))
        by_both = _table.read(frame.set_index(["shop", "day"]))
        self.assertEqual(by_both, (["shop", "day", "n"], [["a", "x", 1], ["a", "y", 2], ["b", "x", 3]]))
        wide = _table.read(frame.pivot_table(index="shop", columns="day", values="n", aggfunc=["sum"]))
        self.assertEqual(wide.columns, ["shop", "sum x", "sum y"])
        self.assertEqual(_table.read(frame[frame.n > 1]).columns[0], "")
        self.assertEqual(_table.read(frame.n).columns, ["n"])
        self.assertEqual(_table.read(frame.iloc[:0]).rows, [])

    def test_columns_of_the_same_name_stay_apart(self):
        frame = pandas.DataFrame([[1, 2]], columns=["a", "a"])

        self.assertEqual(_table.read(frame), (["a", "a"], [[1, 2]]))

    def test_an_array_is_a_table_whose_first_row_has_the_names(self):
        self.assertEqual(_table.read(numpy.array([["a", "b"], ["1", "2"]])), (["a", "b"], [["1", "2"]]))

    def test_a_frame_as_a_file_is_a_csv_of_the_same_cells(self):
        frame = pandas.DataFrame({"who": ['Ada, "L"', "é\n✓"], "n": [1, 2], "day": pandas.to_datetime(["2026-02-03"] * 2)})

        send("Orders", file=frame, name="orders.csv", table=frame)

        (name, content), = self.only_request().of("files")
        self.assertEqual(name, "orders.csv")
        rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
        self.assertEqual(rows, [["who", "n", "day"], ['Ada, "L"', "1", "2026-02-03"], ["é\n✓", "2", "2026-02-03"]])
        back = pandas.read_csv(io.BytesIO(content), parse_dates=["day"])
        self.assertTrue(back.equals(frame))

    def test_a_large_frame_goes_as_a_file_and_not_as_a_table(self):
        frame = pandas.DataFrame({"n": range(10_001)})

        with self.assertRaises(Refused) as caught:
            send("x", table=frame)
        self.assertIn('all of it as a file (file=frame, name="table.csv")', str(caught.exception))
        send("x", file=frame)
        self.assertEqual(self.only_request().of("files")[0][0], "table.csv")

    def test_a_frame_as_text_is_refused_with_what_to_write(self):
        with self.assertRaises(Refused) as caught:
            send(pandas.DataFrame({"a": [1]}))
        self.assertIn("A frame goes as table=...", str(caught.exception))


class StrangerTests(WithBot):
    """Libraries that Debian doesn't have, by the shape of their objects."""

    def test_a_polars_frame_is_a_table(self):
        class Frame:
            columns = ["day", "n"]

            def rows(self):
                return [(datetime.date(2026, 2, 3), 1), (None, float("nan"))]

        class Lazy:
            columns = Frame.columns

            def collect(self):
                return Frame()

        for frame in (Frame(), Lazy()):
            self.assertEqual(_table.read(frame), (["day", "n"], [["2026-02-03", 1], [None, None]]))
        send(file=Frame(), name="days.csv")
        self.assertEqual(self.only_request().of("files"), [("days.csv", b"day,n\r\n2026-02-03,1\r\n,\r\n")])

    def test_a_plotly_figure_is_a_picture_where_kaleido_is_there(self):
        class Figure:
            reason = None

            def to_image(self, format, scale):
                if self.reason:
                    raise ValueError(self.reason)
                return b"\x89PNG drawn"

        send(image=Figure())
        self.assertEqual(self.only_request().of("photo"), [("chart.png", b"\x89PNG drawn")])

        without = Figure()
        without.reason = "Image export using the \"kaleido\" engine requires the kaleido package"
        with self.assertRaises(Refused) as caught:
            send(image=without)
        self.assertIn("pip install kaleido", str(caught.exception))

    def test_a_picture_of_one_library_needs_no_other(self):
        # None makes an import of it fail.
        with mock.patch.dict(sys.modules, {"plotly": None, "polars": None, "matplotlib": None, "numpy": None}):
            send(image=PIL.Image.new("RGB", (3, 3)), table=pandas.DataFrame({"a": [1]}))
        self.assertEqual(len(self.bot.requests), 1)


if __name__ == "__main__":
    unittest.main()
