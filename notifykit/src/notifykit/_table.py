"""Frames and lists as the table of a notification."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple

from ._errors import Refused
from ._values import as_text, moments, plain

# The bot takes no larger table.
MAX_CELLS = 10_000


class Table(NamedTuple):
    """Columns and rows. A cell is None, bool, int, float, Decimal or str."""

    columns: List[str]
    rows: List[List[Any]]

    def as_field(self) -> Dict[str, Any]:
        """The field of a notification, within the bot's limit."""
        cells = len(self.columns) * max(1, len(self.rows))
        if cells > MAX_CELLS:
            raise Refused(
                f"The table has {len(self.rows):,} rows of {len(self.columns):,} columns; at most {MAX_CELLS:,} cells"
                " go. Send its beginning (frame.head(100)), or all of it as a file (file=frame, name=\"table.csv\")."
            )
        return {"columns": self.columns, "rows": self.rows}

    def as_csv(self) -> bytes:
        """A CSV file in UTF-8. A missing value is an empty cell."""
        import csv
        import io

        text = io.StringIO()
        # Ends lines with CR LF (RFC 4180): with a bare LF the writer would leave a CR in a cell unquoted.
        writer = csv.writer(text)
        writer.writerow(self.columns)
        writer.writerows(["" if cell is None else cell for cell in row] for row in self.rows)
        return text.getvalue().encode("utf-8", "replace")


def read(source: Any) -> Table:
    """Read a pandas or polars frame or series, a list of dicts, a list of rows, or a dict of columns."""
    if hasattr(source, "collect") and hasattr(source, "columns"):
        # A lazy frame of polars.
        source = source.collect()
    if hasattr(source, "to_frame") and not hasattr(source, "columns"):
        source = source.to_frame()
    if hasattr(source, "columns") and hasattr(source, "iloc"):
        return _of_columns(*_pandas(source))
    if hasattr(source, "columns") and callable(getattr(source, "rows", None)):
        return _of_rows([_name(column) for column in source.columns], [list(row) for row in source.rows()])
    if isinstance(source, dict):
        if set(source) == {"columns", "rows"}:
            return _of_rows([_name(column) for column in source["columns"]], [list(row) for row in source["rows"]])
        return _of_columns([_name(name) for name in source], [_column(name, values) for name, values in source.items()])
    if hasattr(source, "dtype") and hasattr(source, "tolist"):
        source = source.tolist()
    if isinstance(source, (list, tuple)):
        return _of_list(list(source))
    raise Refused(f"table takes a frame, a list of dicts or a list of rows, not {_kind(source)}.")


def is_frame(source: Any) -> bool:
    """Whether this is a frame of pandas or polars, rather than text or bytes."""
    return hasattr(source, "columns") and (hasattr(source, "iloc") or callable(getattr(source, "rows", None)))


def _pandas(frame: Any) -> Any:
    """Names and columns. An index counts, unless it only numbers the rows."""
    names: List[str] = []
    columns: List[List[Any]] = []
    index = frame.index
    if type(index).__name__ != "RangeIndex":
        for level in range(index.nlevels):
            names.append(_name(index.names[level]))
            columns.append(list(index.get_level_values(level)))
    for number, name in enumerate(frame.columns):
        names.append(_name(name))
        columns.append(list(frame.iloc[:, number]))
    return names, columns


def _of_list(source: List[Any]) -> Table:
    if all(isinstance(row, dict) for row in source):
        names = list(dict.fromkeys(key for row in source for key in row))
        return _of_rows([_name(name) for name in names], [[row.get(name) for name in names] for row in source])
    rows = []
    for row in source:
        row = plain(row)
        if isinstance(row, (str, bytes, dict)) or not hasattr(row, "__iter__"):
            raise Refused(f"table takes rows that are all lists, or all dicts, not {_kind(row)}.")
        rows.append(list(row))
    if not rows:
        return Table([], [])
    # Named tuples bring their names; without names the first row has them.
    fields = getattr(source[0], "_fields", None)
    if fields is not None:
        return _of_rows([_name(field) for field in fields], rows)
    return _of_rows([_name(name) for name in rows[0]], rows[1:])


def _of_rows(names: List[str], rows: List[List[Any]]) -> Table:
    for number, row in enumerate(rows, 1):
        if len(row) != len(names):
            raise Refused(f"Row {number} of the table has {len(row)} cells, and there are {len(names)} columns.")
    return _of_columns(names, [[row[i] for row in rows] for i in range(len(names))])


def _of_columns(names: List[str], columns: List[List[Any]]) -> Table:
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise Refused(f"The columns of the table have different lengths: {', '.join(map(str, sorted(lengths)))}.")
    return Table(names, [list(row) for row in zip(*map(_cells, columns))])


def _cells(column: List[Any]) -> List[Any]:
    values = [plain(value) for value in column]
    whole_days = moments(values)
    return [_cell(value, whole_days) for value in values]


def _cell(value: Any, whole_days: Any) -> Any:
    if isinstance(value, float):
        return value if value - value == 0 else None
    if value is None or isinstance(value, (bool, int)):
        return value
    if type(value).__name__ == "Decimal" and hasattr(value, "is_finite"):
        return value if value.is_finite() else None
    if whole_days is not None:
        return value.date().isoformat() if whole_days else value.isoformat(" ").replace("+00:00", "Z")
    return as_text(value)


def _column(name: Any, values: Any) -> List[Any]:
    values = plain(values)
    if isinstance(values, (str, bytes, dict)) or not hasattr(values, "__iter__"):
        raise Refused(f"Column {_name(name)} of the table must be a list, not {_kind(values)}.")
    return list(values)


def _name(name: Any) -> str:
    if name is None:
        return ""
    if isinstance(name, tuple):
        # Columns of several levels.
        return " ".join(part for part in map(_name, name) if part)
    return as_text(plain(name))


def _kind(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__name__}".replace("builtins.", "")
