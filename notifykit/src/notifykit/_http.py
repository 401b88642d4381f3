"""HTTP to the bot over its Unix socket (docs/send-api.md)."""

from __future__ import annotations

import errno
import http.client
import json
import os
import socket
import stat
import struct
import time
from typing import Any, BinaryIO, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple, Type, Union

from ._errors import BotUnreachable, NotAllowed, NotifyError, NotLinked, Refused

# Where the bot has its folder, unless NOTIFY_DATA_DIR says otherwise; NOTIFY_BOT_SOCKET names the socket itself.
DEFAULT_FOLDER = "/data/notifications"

# How long a call may be repeated, in seconds: over a restart of the bot, and the 30 s that a full disk asks for.
RETRY_TIMEOUT = 60.0

# How long a bot that does not listen is waited for, in seconds.
_START_TIMEOUT = 2.0

# How long one read or write may take beyond the time that the bot was told to wait, in seconds.
_ANSWER_TIMEOUT = 20.0

_MAX_TRIES = 6
_MAX_ANSWER = 4 << 20
_PIECE = 1 << 18

# The bot is asked to try these again, and has stored nothing.
_TRY_AGAIN = (408, 429, 503)


_ERRORS: Dict[int, Type[NotifyError]] = {
    403: NotAllowed,
    404: NotLinked,
    408: BotUnreachable,
    410: NotLinked,
    500: BotUnreachable,
    503: BotUnreachable,
}


class Part(NamedTuple):
    """A part of a form."""

    name: str
    filename: Optional[str]
    content: Union[bytes, BinaryIO]


class _NotConnected(Exception):
    """Nobody took the connection, so nothing was sent."""


class _AnswerLost(Exception):
    """The request went out, perhaps in part, and no answer came."""


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("bot", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def post_json(path: str, fields: str, wait: Optional[float]) -> Dict[str, Any]:
    """POST a JSON object; return the bot's answer. It is repeated where that can't double, so the fields need a key."""
    body = fields.encode("ascii")
    return _until_answered(path, {"Content-Type": "application/json"}, len(body), lambda: iter([body]), wait)


def post_form(path: str, parts: List[Part], wait: Optional[float]) -> Dict[str, Any]:
    """POST a form, whose files are read while they are sent; return the bot's answer. Repeats as post_json does."""
    boundary = "notify-" + os.urandom(16).hex()
    pieces: List[Union[bytes, Tuple[BinaryIO, int]]] = []
    length = 0
    for part in parts:
        head = _head(boundary, part)
        content = part.content
        size = len(content) if isinstance(content, bytes) else content.seek(0, os.SEEK_END)
        pieces += [head, content if isinstance(content, bytes) else (content, size), b"\r\n"]
        length += len(head) + size + 2
    end = f"--{boundary}--\r\n".encode("ascii")
    pieces.append(end)

    def body() -> Iterator[bytes]:
        for piece in pieces:
            if isinstance(piece, bytes):
                yield piece
            else:
                yield from _read(*piece)

    kind = f"multipart/form-data; boundary={boundary}"
    return _until_answered(path, {"Content-Type": kind}, length + len(end), body, wait)


def _head(boundary: str, part: Part) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{part.name}"'
    if part.filename is not None:
        safe = "".join(c if c.isprintable() and c != "\\" else "_" for c in part.filename).replace('"', "%22")
        head += f'; filename="{safe}"\r\nContent-Type: application/octet-stream'
    return f"{head}\r\n\r\n".encode("utf-8", "replace")


def _read(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The first size bytes, as many as were promised."""
    file.seek(0)
    while size > 0:
        piece = file.read(min(size, _PIECE))
        if not piece:
            raise Refused(f"{getattr(file, 'name', 'A file')} became shorter while it was sent. Send it again.")
        size -= len(piece)
        yield piece


def _until_answered(
    path: str, headers: Dict[str, str], length: int, body: Callable[[], Iterator[bytes]], wait: Optional[float]
) -> Dict[str, Any]:
    began = time.monotonic()
    headers = {**headers, "Content-Length": str(length)}
    lost: Optional[str] = None
    pause = 0.25
    tries = 0
    while True:
        tries += 1
        try:
            status, answer, retry_after = _once(path, headers, body, (5.0 if wait is None else wait) + _ANSWER_TIMEOUT)
        except _NotConnected as error:
            problem: NotifyError = BotUnreachable(lost or str(error))
            # A bot that restarts listens again soon. A lost answer is worth a longer wait.
            rest, next_pause = (RETRY_TIMEOUT if lost else _START_TIMEOUT), pause
        except _AnswerLost as error:
            lost = str(error)
            problem = BotUnreachable(lost)
            rest, next_pause = RETRY_TIMEOUT, pause
        else:
            if status == 200:
                return answer
            problem = _problem(status, answer)
            if status not in _TRY_AGAIN:
                raise problem
            rest, next_pause = RETRY_TIMEOUT, max(0.1, retry_after)
        pause = min(5.0, 2 * pause)
        if tries >= _MAX_TRIES or time.monotonic() - began + next_pause > rest:
            raise problem from None
        time.sleep(next_pause)


def _once(
    path: str, headers: Dict[str, str], body: Callable[[], Iterator[bytes]], timeout: float
) -> Tuple[int, Dict[str, Any], float]:
    """One request. Returns the status, the answer and the seconds of Retry-After."""
    folder = os.environ.get("NOTIFY_DATA_DIR") or DEFAULT_FOLDER
    address = os.environ.get("NOTIFY_BOT_SOCKET") or os.path.join(folder, "bot.sock")
    connection = _connect(address, timeout)
    try:
        try:
            # http.client sends the pieces of an iterator as they are, since it is given the length.
            connection.request("POST", path, body(), headers)
        except (BrokenPipeError, ConnectionResetError):
            # The bot answered before it had read all (too large, forbidden), and closed: the answer is waiting.
            response = http.client.HTTPResponse(connection.sock, method="POST")
            response.begin()
        else:
            response = connection.getresponse()
        text = response.read(_MAX_ANSWER)
        return response.status, _object(text), _seconds(response.headers.get("Retry-After"))
    except socket.timeout:
        raise _AnswerLost(
            f"The bot at {address} did not answer in time, so it is unknown whether it took this. Look at your phone."
        ) from None
    except (OSError, http.client.HTTPException):
        raise _AnswerLost(
            f"The connection to the bot at {address} broke before its answer, so it is unknown whether it took this."
            " Look at your phone, then try again."
        ) from None
    finally:
        connection.close()


def _connect(address: str, timeout: float) -> _Connection:
    connection = _Connection(address, timeout)
    try:
        connection.connect()
        _check_listener(connection.sock, address)
        return connection
    except BaseException as error:
        connection.close()
        if not isinstance(error, OSError):
            raise
        if error.errno in (errno.EACCES, errno.EPERM):
            raise NotAllowed(
                f"You may not connect to the bot at {address}; only the group of analysts may. If \"id\" does not show"
                " that group, ask the admin to add you, then log in again. If it does, tell the admin."
            ) from None
        if os.path.exists(address) and not stat.S_ISSOCK(os.stat(address).st_mode):
            raise BotUnreachable(
                f"The bot can't be reached: a file or folder is in the place of its socket, {address}. Tell the admin."
            ) from None
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ECONNREFUSED):
            raise _NotConnected(f"The bot is not running: nothing listens at {address}. Tell the admin.") from None
        if isinstance(error, socket.timeout):
            raise _NotConnected(f"The bot at {address} takes no connection. Try again, or tell the admin.") from None
        if error.errno is None or error.errno == errno.ENAMETOOLONG:
            raise BotUnreachable(
                f"The path of the bot's socket, {address}, is no possible one. Set NOTIFY_BOT_SOCKET to the right path."
            ) from None
        raise _NotConnected(f"The bot at {address} can't be reached: {error.strerror}. Try again.") from None


def _check_listener(connected: socket.socket, address: str) -> None:
    """Nothing is sent to a listener that is neither root's nor the folder owner's: it could be anybody's."""
    _, uid, _ = struct.unpack("3i", connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    if uid not in (0, os.stat(os.path.dirname(address) or ".").st_uid):
        raise BotUnreachable(
            f"What listens at {address} is not the bot: it runs as the user id {uid}. Nothing was sent. Tell the admin."
        )


def _object(text: bytes) -> Dict[str, Any]:
    try:
        answer = json.loads(text)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _seconds(retry_after: Optional[str]) -> float:
    # 30 is what a missing header means.
    return float(retry_after) if retry_after is not None and retry_after.isdecimal() else 30.0


def _problem(status: int, answer: Dict[str, Any]) -> NotifyError:
    text = answer.get("error")
    if not isinstance(text, str) or not text:
        text = f"The bot answered with HTTP status {status} and no explanation. Tell the admin."
    id = answer.get("id")
    return _ERRORS.get(status, Refused)(text, status=status, id=id if isinstance(id, str) else None)
