"""alert: the result of a script in ~/user/notifications, as notify-runner reads it."""

from __future__ import annotations

import datetime
import os
import re
import sys
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence

from ._errors import NotifyError, Refused
from ._values import clean, plain, to_json

if TYPE_CHECKING:
    from typing import Union

    from ._content import Content
    from ._kinds import Buttons, FileSource, ImageSource, TableSource

# Runs of one script whose pictures and files are kept.
KEPT = 20


def alert(
    when: object,
    title: Optional[str] = None,
    message: Optional[str] = None,
    *,
    chart: Optional[ImageSource] = None,
    charts: Optional[Sequence[ImageSource]] = None,
    files: Optional[Sequence[FileSource]] = None,
    table: Optional[TableSource] = None,
    cooldown: Optional[Union[str, datetime.timedelta]] = None,
    buttons: Optional[Buttons] = None,
    silent: bool = False,
    urgent: bool = False,
    data: Optional[Mapping[str, Any]] = None,
) -> None:
    """Print the result of a script: whether to notify, and what. Call it once, at the script's end.

    when      true to notify; numpy's and pandas' values count too
    title     a bold first line. Without a message, it is the message
    message   Markdown
    chart     a path, bytes, or a figure of matplotlib, PIL or plotly (which needs kaleido)
    charts    2 to 10 of them
    files     up to 10: paths, and pairs of content and name: [(frame, "orders.csv"), "report.pdf"]
    table     a frame of pandas or polars, a list of dicts, or a list of rows (the first has the names): 10,000 cells
    cooldown  the shortest time between two messages, such as "30m", "6h" or "7d"; "0m" is none, and the default is 1h
    buttons, silent, urgent   as for send
    data      a dict of your own, kept with the notification

    Figures, and files made here, are saved in ~/.notifications/charts/, readable by you alone. Those of a script's
    newest 20 alerts stay.
    """
    try:
        result = (
            _result(title, message, chart, charts, files, table, cooldown, buttons, silent, urgent, data)
            if _truth(when)
            else {"notify": False}
        )
        print(to_json(result), flush=True)
    except NotifyError as error:
        # The script's line is what people look for in a traceback.
        raise error.with_traceback(None) from None


def _result(
    title: Any,
    message: Any,
    chart: Any,
    charts: Any,
    files: Any,
    table: Any,
    cooldown: Any,
    buttons: Any,
    silent: Any,
    urgent: Any,
    data: Any,
) -> Dict[str, Any]:
    from ._content import files as read_files, images as read_images

    result: Dict[str, Any] = {"notify": True}
    pictures = read_images(chart, charts, "chart", "charts")
    documents = read_files(None, files, None)
    if title is not None and message is None and not pictures:
        # A result needs a message.
        title, message = None, re.sub(r"([_*`\[])", r"\\\1", str(title))
    if title is not None:
        result["title"] = clean(str(title))
    notes: List[str] = []
    picture_paths, document_paths = _save(pictures, documents, notes)
    if notes:
        # As the runner says of a chart that it can't read.
        message = "\n\n".join([*([] if message is None else [str(message)]), *notes])
    if message is not None:
        result["message"] = clean(str(message))
    elif not picture_paths:
        raise Refused("An alert needs a message or a chart.")
    if len(picture_paths) == 1:
        result["image_path"] = picture_paths[0]
    elif picture_paths:
        result["images"] = picture_paths
    if document_paths:
        result["files"] = document_paths
    if table is not None:
        from ._table import read

        result["table"] = read(table).as_field()
    if cooldown is not None:
        result["cooldown"] = _cooldown(cooldown)
    if buttons is not None:
        from ._send import buttons_field

        result["buttons"] = buttons_field(buttons)
    if silent:
        result["silent"] = True
    if urgent:
        result["urgent"] = True
    if data is not None:
        if not hasattr(data, "keys") or hasattr(data, "columns"):
            raise Refused(f"data takes a dict, not {type(data).__name__}.")
        result["data"] = data
    return result


def _truth(when: object) -> bool:
    if getattr(when, "shape", ()) != ():
        raise Refused(
            f"when must be true or false, not a {type(when).__name__} of several values. Write when.any(), when.all()"
            " or len(when) > 0."
        )
    value = plain(when)
    if (value is None and when is not None) or (isinstance(value, float) and value != value):
        # A check on missing data must not look like good news.
        raise Refused("when is a missing value (NaN), neither true nor false. Look at the data it comes from.")
    return bool(value)


def _cooldown(cooldown: Any) -> str:
    if isinstance(cooldown, datetime.timedelta):
        return f"{-(-int(cooldown.total_seconds()) // 60)}m"
    if isinstance(cooldown, str):
        return cooldown
    raise Refused(f'cooldown takes a text such as "30m", "6h" or "7d", not {cooldown!r}.')


def _save(pictures: List[Content], documents: List[Content], notes: List[str]) -> Any:
    """The paths of all, those made here saved. One that can't be saved leaves a note in its place."""
    folder = _Folder()
    paths: List[List[str]] = [[], []]
    for found, contents, what in ((paths[0], pictures, "chart"), (paths[1], documents, "file")):
        for content in contents:
            if isinstance(content.source, str):
                found.append(content.source)
                continue
            try:
                found.append(folder.save(content))
            except OSError as error:
                print(f"notifykit: no {what}: {error}", file=sys.stderr)
                notes.append(f"No {what}: `{folder.path} can't be written ({error.strerror})`")
    folder.prune()
    return paths


class _Folder:
    """The folder of charts. Each run has a folder SCRIPT.TIME.RANDOM in it; all other names are left alone."""

    def __init__(self) -> None:
        self.path = os.path.join(os.path.expanduser("~"), ".notifications", "charts")
        script = os.path.splitext(os.path.basename(sys.argv[0] if sys.argv else ""))[0]
        self._script = re.sub(r"[^A-Za-z0-9_-]", "_", script)[:60] or "script"
        self._own: Optional[str] = None

    def save(self, content: Content) -> str:
        assert isinstance(content.source, bytes)
        path = self._free(os.path.join(self._run(), re.sub(r"[^\w.-]", "_", content.name)[-60:].lstrip(".") or "file"))
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(file, "wb") as target:
                target.write(content.source)
        except BaseException:
            # Half a picture is none.
            os.unlink(path)
            raise
        return path

    def prune(self) -> None:
        """Remove all but the newest runs of this script. Two that run side by side may remove the same."""
        if self._own is None:
            return
        runs = re.compile(rf"{re.escape(self._script)}\.\d{{8}}T\d{{12}}\.[0-9a-f]{{8}}")
        found = sorted(name for name in os.listdir(self.path) if runs.fullmatch(name))
        for name in found[:-KEPT]:
            folder = os.path.join(self.path, name)
            try:
                for file in os.listdir(folder):
                    os.unlink(os.path.join(folder, file))
                os.rmdir(folder)
            except OSError:
                pass

    def _run(self) -> str:
        """The folder of this run."""
        if self._own is None:
            for folder in (os.path.dirname(self.path), self.path):
                try:
                    os.mkdir(folder, 0o700)
                except FileExistsError:
                    pass
            now = datetime.datetime.now(datetime.timezone.utc)
            own = os.path.join(self.path, f"{self._script}.{now:%Y%m%dT%H%M%S%f}.{os.urandom(4).hex()}")
            os.mkdir(own, 0o700)
            self._own = own
        return self._own

    @staticmethod
    def _free(path: str) -> str:
        """The path, or where it is taken, one with a number: chart.png, chart-2.png."""
        stem, extension = os.path.splitext(path)
        number = 1
        while os.path.lexists(path):
            number += 1
            path = f"{stem}-{number}{extension}"
        return path
