"""Pictures and files: read, drawn or made, as what is sent."""

from __future__ import annotations

import io
import os
import stat
from typing import Any, BinaryIO, List, NamedTuple, Optional, Union

from ._errors import Refused
from ._table import is_frame, read

# The most bytes of one picture or file, and the most of each in one notification: Telegram's and the bot's limits.
MAX_SIZE = 50_000_000
MAX_COUNT = 10

# About 1,200 pixels wide for a usual figure, as phones show it well.
_DPI = 150


class Content(NamedTuple):
    """A picture or file: its name, and either its bytes or the path of the file."""

    name: str
    source: Union[bytes, str]

    def open(self) -> BinaryIO:
        """Open it for reading. It is a regular file within the limit, or Refused says why not."""
        if isinstance(self.source, bytes):
            _check_size(len(self.source), self.name)
            return io.BytesIO(self.source)
        try:
            # Without O_NONBLOCK, opening a pipe would wait for its writer.
            file = open(self.source, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "its name holds a zero byte"
            raise Refused(f"{self.source} can't be read: {reason}.") from None
        try:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise Refused(f"{self.source} is not a regular file.")
            _check_size(status.st_size, self.source)
            return file
        except BaseException:
            file.close()
            raise


def _check_size(size: int, name: str) -> None:
    if size == 0:
        raise Refused(f"{name} is empty.")
    if size > MAX_SIZE:
        raise Refused(f"{name} has {size:,} bytes; at most {MAX_SIZE:,} go.")


def images(one: Any, several: Any, of_one: str, of_several: str) -> List[Content]:
    """The pictures of a call, in order.

    of_one, of_several: what the two arguments are called, for errors.
    """
    found = [] if one is None else [image(one, of_one)]
    for number, source in enumerate(_list(several, of_several)):
        found.append(image(source, f"{of_several}[{number}]"))
    _check_count(found, "pictures")
    return found


def files(one: Any, several: Any, name: Optional[str]) -> List[Content]:
    """The files of a call, in order."""
    if one is None and name is not None:
        raise Refused("name is the name of file; give file too.")
    found = [] if one is None else [_file(one, name, "file")]
    for number, source in enumerate(_list(several, "files")):
        content, its_name = source if isinstance(source, tuple) and len(source) == 2 else (source, None)
        found.append(_file(content, its_name, f"files[{number}]"))
    _check_count(found, "files")
    return found


def image(source: Any, argument: str) -> Content:
    """A picture from a path, bytes, or a figure or image of a library."""
    if isinstance(source, (str, os.PathLike)):
        path = _path(source)
        return Content(os.path.basename(path), path)
    drawn = _drawn(source, argument)
    extension = "jpg" if drawn[:3] == b"\xff\xd8\xff" else "png"
    return Content(f"chart.{extension}", drawn)


def _drawn(source: Any, argument: str) -> bytes:
    own = _bytes(source)
    if own is not None:
        return own
    target = io.BytesIO()
    if not hasattr(source, "savefig") and hasattr(source, "get_figure"):
        # An axes: its whole figure.
        source = source.get_figure()
    if hasattr(source, "savefig"):
        source.savefig(target, format="png", dpi=max(_DPI, getattr(source, "dpi", 0)))
        return target.getvalue()
    if hasattr(source, "to_image"):
        try:
            return bytes(source.to_image(format="png", scale=2))
        except (ImportError, ValueError) as error:
            if "kaleido" not in str(error):
                raise
            raise Refused(
                f"plotly needs kaleido to make a picture of {argument}. Install it: pip install kaleido"
            ) from None
    if hasattr(source, "save") and hasattr(source, "mode"):
        # PNG knows these; the others, such as CMYK, it does not.
        if source.mode not in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
            source = source.convert("RGB")
        source.save(target, format="PNG")
        return target.getvalue()
    raise Refused(
        f"{argument} takes a path, bytes, or a figure of matplotlib, PIL or plotly, not {type(source).__name__}."
    )


def _file(source: Any, name: Optional[str], argument: str) -> Content:
    own = _bytes(source)
    if own is not None:
        if not name:
            raise Refused(f"{argument} is bytes and needs a name, such as orders.csv.")
        return Content(name, own)
    if isinstance(source, (str, os.PathLike)):
        path = _path(source)
        return Content(name or os.path.basename(path), path)
    if is_frame(source) or isinstance(source, (list, dict)):
        name = name or "table.csv"
        if not name.lower().endswith(".csv"):
            raise Refused(f"A frame goes as CSV, so its name ends with .csv; {name} does not.")
        return Content(name, read(source).as_csv())
    raise Refused(f"{argument} takes a path, a frame, or bytes with a name, not {type(source).__name__}.")


def _path(source: Any) -> str:
    """The absolute path."""
    path = os.fspath(source)
    return os.path.abspath(os.path.expanduser(os.fsdecode(path)))


def _bytes(source: Any) -> Optional[bytes]:
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    return bytes(source.getvalue()) if isinstance(source, io.BytesIO) else None


def _list(several: Any, argument: str) -> List[Any]:
    if several is None:
        return []
    if isinstance(several, (str, bytes, bytearray, os.PathLike)) or not hasattr(several, "__iter__"):
        raise Refused(f"{argument} takes a list. For one, write {argument[:-1]}=...")
    return list(several)


def _check_count(found: List[Content], what: str) -> None:
    if len(found) > MAX_COUNT:
        raise Refused(f"There are {len(found)} {what}; at most {MAX_COUNT} go in one notification.")
