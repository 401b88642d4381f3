"""send: one notification to the caller's own phone."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Optional, Sequence

from ._errors import NotifyError, Refused
from ._values import clean, to_json

if TYPE_CHECKING:
    from ._content import Content
    from typing import Union

    from ._kinds import Buttons, Bytes, FileSource, ImageSource, Path, TableSource


class Sent(NamedTuple):
    """The bot has stored the notification, and it will arrive.

    id           its name in the history
    status       "delivered": Telegram has all of it; "queued": it comes later, don't send it again;
                 "held": it comes at the end of your quiet hours
    channels     how it stands with each way: {"telegram": "delivered", "desktop": 1}
    repeated     whether the bot had this key already, and sent nothing new
    held_until   your quiet hours hold it until then (UTC, ISO 8601), then it comes in a digest; None otherwise
    muted_until  you muted it until then (UTC, ISO 8601): it is in the history only; None otherwise
    """

    id: str
    status: str
    channels: Dict[str, Any]
    repeated: bool = False
    muted_until: Optional[str] = None
    held_until: Optional[str] = None


def send(
    text: Optional[str] = None,
    *,
    title: Optional[str] = None,
    image: Optional[ImageSource] = None,
    images: Optional[Sequence[ImageSource]] = None,
    file: Optional[Union[Path, Bytes, TableSource]] = None,
    files: Optional[Sequence[FileSource]] = None,
    name: Optional[str] = None,
    table: Optional[TableSource] = None,
    buttons: Optional[Buttons] = None,
    silent: bool = False,
    urgent: bool = False,
    key: Optional[str] = None,
    markdown: bool = True,
    wait: Optional[float] = None,
) -> Sent:
    """Send a notification to yourself. It returns once the bot has stored it, and raises a NotifyError if it has not.

    text      Markdown: *bold*, _italic_, `code`, [text](https://example.com); plain text with markdown=False
    title     a bold first line; no character of it is markup
    image     a path, bytes, or a figure of matplotlib, PIL or plotly (which needs kaleido)
    images    up to 10 of them
    file      a path; a frame or bytes with a name: file=frame, name="orders.csv". At most 50,000,000 bytes
    files     up to 10: paths, and pairs of content and name: [(frame, "orders.csv"), "report.pdf"]
    table     a frame of pandas or polars, a list of dicts, or a list of rows (the first has the names): 10,000 cells
    buttons   up to 6: {"text": "Open", "url": "https://example.com"} or {"text": "Again", "run": "other.py"}
    silent    the phone makes no sound
    urgent    passes quiet hours
    key       a name of this notification: the bot takes it once in 24 hours. Without one, each call sends anew
    wait      how many seconds to wait for Telegram, 0 to 30; 5 if None

    A lost answer and a bot that can store nothing are tried again for up to a minute; that can't send twice.
    """
    try:
        fields = _fields(text, title, table, buttons, silent, urgent, key, markdown, wait)
        pictures: List[Content] = []
        documents: List[Content] = []
        if not (image is images is file is files is name is None):
            from ._content import files as read_files, images as read_images

            pictures = read_images(image, images, "image", "images")
            documents = read_files(file, files, name)
        return _sent(_post(fields, pictures, documents, fields.get("wait")))
    except NotifyError as error:
        # The caller's line is what people look for in a traceback.
        raise error.with_traceback(None) from None


def _fields(
    text: Any, title: Any, table: Any, buttons: Any, silent: Any, urgent: Any, key: Any, markdown: Any, wait: Any
) -> Dict[str, Any]:
    """The fields of the send API, without files."""
    fields: Dict[str, Any] = {"key": os.urandom(16).hex() if key is None else key}
    if text is not None:
        fields["message"] = _words(text, "text")
    if title is not None:
        fields["title"] = _words(title, "title")
    if not markdown:
        fields["parse_mode"] = ""
    if table is not None:
        from ._table import read

        fields["table"] = read(table).as_field()
    if buttons is not None:
        fields["buttons"] = buttons_field(buttons)
    if silent:
        fields["silent"] = True
    if urgent:
        fields["urgent"] = True
    if wait is not None:
        fields["wait"] = _seconds(wait)
    return fields


def buttons_field(buttons: Any) -> Any:
    """The field of a notification."""
    if isinstance(buttons, bool):
        return buttons
    if isinstance(buttons, (str, bytes, dict)) or not hasattr(buttons, "__iter__"):
        raise Refused('buttons takes a list: [{"text": "Open", "url": "https://example.com"}].')
    found = list(buttons)
    for number, button in enumerate(found):
        if not isinstance(button, dict) or "text" not in button or ("url" in button) == ("run" in button):
            raise Refused(f'buttons[{number}] takes {{"text": ..., "url": ...}} or {{"text": ..., "run": "other.py"}}.')
    return found


def _words(text: Any, argument: str) -> str:
    if hasattr(text, "columns") or isinstance(text, (bytes, list, dict)):
        raise Refused(f"{argument} takes text, not {type(text).__name__}. A frame goes as table=..., bytes as file=...")
    return clean(str(text))


def _seconds(wait: Any) -> float:
    try:
        return float(wait)
    except (TypeError, ValueError):
        raise Refused(f"wait takes a number of seconds from 0 to 30, not {wait!r}.") from None


def _post(
    fields: Dict[str, Any], pictures: List[Content], documents: List[Content], wait: Optional[float]
) -> Dict[str, Any]:
    # Imported late: a script that only prints its alert does without.
    from . import _http

    if not pictures and not documents:
        return _http.post_json("/send", to_json(fields), wait)
    parts = [_http.Part(name, None, _form_text(value).encode("utf-8", "replace")) for name, value in fields.items()]
    opened = ExitStack()
    try:
        # One picture goes as every version of the bot takes it.
        path, part_name = ("/send_photo", "photo") if len(pictures) == 1 else ("/send", "photos")
        for name, contents in ((part_name, pictures), ("files", documents)):
            parts += [_http.Part(name, content.name, opened.enter_context(content.open())) for content in contents]
        return _http.post_form(path, parts, wait)
    finally:
        opened.close()


def _form_text(value: Any) -> str:
    return value if isinstance(value, str) else to_json(value)


def _sent(answer: Dict[str, Any]) -> Sent:
    channels = answer.get("channels")
    return Sent(
        id=str(answer.get("id", "")),
        status=str(answer.get("status", "")),
        channels=channels if isinstance(channels, dict) else {},
        repeated=answer.get("repeated") is True,
        muted_until=answer.get("muted_until"),
        held_until=answer.get("held_until"),
    )
