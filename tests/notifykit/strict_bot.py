"""A bot that checks every request against docs/send-api.md, and answers as a test says. Standard library only."""

import email.parser
import email.policy
import json
import os
import socket
import tempfile
import threading
import traceback

# The fields that the send API takes from a caller who acts for itself.
TEXTS = {"message", "text", "caption", "title", "parse_mode", "script", "key"}
FLAGS = {"silent", "urgent"}
KNOWN = TEXTS | FLAGS | {"wait", "key_for", "data", "table", "buttons"}
FILE_PARTS = {"photo", "photos", "files"}


class Request:
    """One request: its path, its fields as JSON values, and its files as (part, filename, bytes)."""

    def __init__(self, path, headers, body):
        self.path = path
        kind = headers["content-type"]
        self.is_form = kind.startswith("multipart/form-data; boundary=")
        self.files = []
        if self.is_form:
            self.fields = self._form(kind, body)
        else:
            assert kind == "application/json", kind
            self.fields = json.loads(body.decode("ascii"), parse_constant=refuse_constant)
            assert len(body) <= 1_000_000
        self.check()

    def _form(self, kind, body):
        head = f"Content-Type: {kind}\r\n\r\n".encode("ascii")
        form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
        assert form.is_multipart() and not form.defects, form.defects
        boundary = kind.partition("boundary=")[2].encode("ascii")
        # Parsed by hand: the email package changes line ends in what it takes for text.
        pieces = body.split(b"--" + boundary)
        assert pieces[0] == b"" and pieces[-1] == b"--\r\n", (pieces[0][:50], pieces[-1][:50])
        assert len(pieces) - 2 <= 32
        fields = {}
        for piece in pieces[1:-1]:
            assert piece.startswith(b"\r\n") and piece.endswith(b"\r\n")
            head, _, content = piece[2:-2].partition(b"\r\n\r\n")
            disposition = head.decode("utf-8").split("\r\n")[0]
            assert disposition.startswith('Content-Disposition: form-data; name="'), disposition
            name, _, rest = disposition.partition('name="')[2].partition('"')
            if rest:
                assert rest.startswith('; filename="') and rest.endswith('"'), rest
                assert name in FILE_PARTS, name
                self.files.append((name, rest[len('; filename="') : -1], content))
                continue
            text = content.decode("utf-8")
            assert name not in fields, name
            if name in FLAGS:
                fields[name] = {"true": True, "false": False}[text]
            elif name in TEXTS:
                fields[name] = text
            else:
                fields[name] = json.loads(text, parse_constant=refuse_constant)
        return fields

    def check(self):
        fields = self.fields
        assert self.path in ("/send", "/send_photo"), self.path
        assert not set(fields) - KNOWN, set(fields) - KNOWN
        assert isinstance(fields["key"], str) and 0 < len(fields["key"]) <= 200
        for name in TEXTS & set(fields):
            assert isinstance(fields[name], str), (name, fields[name])
            fields[name].encode("utf-8")
        for name in FLAGS & set(fields):
            assert isinstance(fields[name], bool), (name, fields[name])
        assert fields.get("parse_mode", "") == ""
        if "table" in fields:
            check_table(fields["table"])
        if not isinstance(fields.get("buttons", True), bool):
            check_buttons(fields["buttons"])
        parts = [part for part, _, _ in self.files]
        assert parts.count("photo") <= 1 and not {"photo", "photos"} <= set(parts)
        assert (self.path == "/send_photo") == ("photo" in parts), (self.path, parts)
        assert parts.count("photos") in range(0, 11) and parts.count("photos") != 1
        assert parts.count("files") in range(0, 11)
        for _, filename, content in self.files:
            assert filename and "/" not in filename and 0 < len(content) <= 50_000_000

    def of(self, part):
        """The (filename, bytes) of the parts with a name."""
        return [(filename, content) for name, filename, content in self.files if name == part]


def refuse_constant(name):
    raise AssertionError(f"{name} is no JSON")


def check_table(table):
    assert set(table) == {"columns", "rows"}, set(table)
    assert all(isinstance(column, str) for column in table["columns"])
    for row in table["rows"]:
        assert len(row) == len(table["columns"]), row
        assert all(cell is None or isinstance(cell, (bool, int, float, str)) for cell in row), row
    assert len(table["columns"]) * len(table["rows"]) <= 10_000


def check_buttons(buttons):
    assert isinstance(buttons, list) and len(buttons) <= 6
    for button in buttons:
        assert set(button) in ({"text", "url"}, {"text", "run"}), button
        assert all(isinstance(text, str) for text in button.values())


class Answer:
    """What the bot does with a request. drop: reads it and gives no answer. early: answers before it has read
    the body. raw: answers these bytes. cut: expects a body that breaks off."""

    def __init__(self, status=200, body=None, retry_after=None, drop=None, early=False, raw=None, cut=False):
        self.status = status
        self.body = body
        self.retry_after = retry_after
        self.drop = drop
        self.early = early
        self.raw = raw
        self.cut = cut


class StrictBot:
    """Serves on a Unix socket of its own folder, and remembers what it took under each key."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="notifykit-")
        self.path = os.path.join(self._folder.name, "bot.sock")
        self.requests = []
        self.mistakes = []
        self.answers = []
        self._lock = threading.Lock()
        self._listener = None
        self.listen()

    def listen(self):
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(64)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop_listening(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        os.unlink(self.path)

    def close(self):
        self._listener.close()
        self._folder.cleanup()

    @property
    def keys(self):
        return [request.fields["key"] for request in self.requests]

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                self._answer(connection, connection.makefile("rb"))
            except Exception:
                self.mistakes.append(traceback.format_exc())
                write(connection, Answer(400, {"error": "The strict bot found a mistake."}))

    def _answer(self, connection, stream):
        line = stream.readline().decode("ascii")
        if not line:
            return
        method, path, version = line.split()
        assert (method, version) == ("POST", "HTTP/1.1"), line
        headers = {}
        while True:
            name, _, value = stream.readline().decode("ascii").partition(":")
            if not value:
                break
            assert name.lower() not in headers, name
            headers[name.lower()] = value.strip()
        assert headers["host"] == "bot" and "transfer-encoding" not in headers, headers
        with self._lock:
            answer = self.answers.pop(0) if self.answers else Answer()
        if answer.early:
            write(connection, answer)
            return
        length = int(headers["content-length"])
        body = stream.read(length)
        if answer.cut:
            assert len(body) < length
            return
        assert len(body) == length, (len(body), length)
        request = Request(path, headers, body)
        with self._lock:
            repeated = request.fields["key"] in self.keys
            if answer.status == 200:
                self.requests.append(request)
        if not answer.drop:
            write(connection, answer, repeated)


def write(connection, answer, repeated=False):
    if answer.raw is not None:
        connection.sendall(answer.raw)
        return
    body = answer.body
    if body is None:
        body = {"ok": True, "status": "delivered", "id": "b7Kq0w2XlE6mZy4uTgP1Aw", "channels": {"telegram": "delivered"}}
        if repeated:
            body["repeated"] = True
    text = json.dumps(body).encode("ascii")
    head = f"HTTP/1.1 {answer.status} X\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n"
    if answer.retry_after is not None:
        head += f"Retry-After: {answer.retry_after}\r\n"
    try:
        connection.sendall(head.encode("ascii") + b"Connection: close\r\n\r\n" + text)
    except OSError:
        # The caller is gone.
        pass
