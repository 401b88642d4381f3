"""Any Python value as JSON: scalars of numpy and pandas, dates, NaN and Decimal too."""

from __future__ import annotations

import datetime
import enum
import json
from typing import Any, Iterator, List, Optional

from ._errors import Refused

# The bot takes 64 levels; a script's data may have 60.
MAX_DEPTH = 58


def clean(text: str) -> str:
    """The text without lone surrogates, which are in no valid UTF-8."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def plain(value: Any) -> Any:
    """A value of a library as one of Python's own, such as float, str, datetime or list; what is missing is None."""
    kind = type(value)
    if value is None or kind in (bool, int, float, str, list, tuple, dict):
        return value
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return None if _is_missing(value) else value
    if kind.__name__ in ("datetime64", "timedelta64"):
        own = value.item()
        # Nanoseconds come out as a bare number.
        return plain(value.astype(f"{kind.__name__}[us]").item() if isinstance(own, int) else own)
    if kind.__name__ in ("NAType", "NaTType"):
        return None
    for own_kind in (str, int, float):
        if isinstance(value, own_kind):
            # numpy's float64 and str_ are such.
            return str.__str__(value) if own_kind is str else own_kind(value)
    if hasattr(value, "dtype") and hasattr(value, "item") and getattr(value, "shape", None) == ():
        own = value.item()
        # numpy's longdouble gives itself.
        return float(own) if type(own) is kind else plain(own)
    for method in ("tolist", "to_list"):
        # Arrays, series and indexes.
        if hasattr(value, "dtype") and hasattr(value, method):
            return getattr(value, method)()
    return value


def _is_missing(value: Any) -> bool:
    """Whether this is pandas' NaT, which counts as a datetime."""
    return bool(value != value)


def to_json(value: Any) -> str:
    """The value as JSON, in ASCII. NaN and infinity are null, a Decimal keeps its digits, anything else is text."""
    return "".join(_write(value, 0))


def _write(value: Any, depth: int) -> Iterator[str]:
    value = plain(value)
    if value is None:
        yield "null"
    elif value is True:
        yield "true"
    elif value is False:
        yield "false"
    elif isinstance(value, str):
        yield json.dumps(clean(value))
    elif isinstance(value, int):
        yield repr(value)
    elif isinstance(value, float):
        yield repr(value) if _is_finite(value) else "null"
    elif isinstance(value, dict) or _is_mapping(value):
        yield from _write_object(value, _deeper(depth))
    elif isinstance(value, (list, tuple, set, frozenset, range)):
        yield from _write_list(value, _deeper(depth))
    elif type(value).__name__ == "Decimal" and hasattr(value, "is_finite"):
        # All that str() makes of a finite one is a JSON number.
        yield str(value) if value.is_finite() else "null"
    else:
        yield json.dumps(clean(as_text(value)))


def as_text(value: Any) -> str:
    """A value that JSON doesn't know, as text."""
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    return str(value)


def _is_finite(value: float) -> bool:
    return value - value == 0


def _is_mapping(value: Any) -> bool:
    return hasattr(value, "keys") and hasattr(value, "__getitem__") and not hasattr(value, "columns")


def _deeper(depth: int) -> int:
    if depth >= MAX_DEPTH:
        raise Refused(f"A value is nested deeper than {MAX_DEPTH} levels, or holds itself. Make it flatter.")
    return depth + 1


def _write_object(value: Any, depth: int) -> Iterator[str]:
    yield "{"
    for number, key in enumerate(value.keys()):
        yield f"{', ' if number else ''}{json.dumps(clean(_key(key)))}: "
        yield from _write(value[key], depth)
    yield "}"


def _key(key: Any) -> str:
    own = plain(key)
    if isinstance(own, str):
        return own
    if own is None or isinstance(own, bool):
        return {None: "null", True: "true", False: "false"}[own]
    return as_text(own)


def _write_list(value: Any, depth: int) -> Iterator[str]:
    yield "["
    for number, item in enumerate(value):
        if number:
            yield ", "
        yield from _write(item, depth)
    yield "]"


def moments(column: List[Any]) -> Optional[bool]:
    """Whether a column's times are all midnights without a time zone, as days are; None for other columns."""
    found = [value for value in column if value is not None]
    if not found or not all(isinstance(value, datetime.datetime) for value in found):
        return None
    return all(value.tzinfo is None and value.time() == datetime.time() for value in found)
