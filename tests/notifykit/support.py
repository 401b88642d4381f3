"""What the tests share."""

import contextlib
import io
import os
import shutil
import tempfile
import unittest

from strict_bot import StrictBot

# The smallest picture.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fe"
    "dccc59e70000000049454e44ae426082"
)
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 20


class WithBot(unittest.TestCase):
    """A test with a strict bot, a home and a working folder of its own."""

    def setUp(self):
        self.bot = StrictBot()
        self.addCleanup(self.bot.close)
        self.folder = tempfile.mkdtemp(prefix="notifykit-home-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.set_variable("NOTIFY_BOT_SOCKET", self.bot.path)
        self.set_variable("HOME", self.folder)

    def tearDown(self):
        self.assertEqual(self.bot.mistakes, [])

    def set_variable(self, name, value):
        before = os.environ.get(name)
        self.addCleanup(os.environ.__setitem__ if before is not None else os.environ.pop, name, before)
        os.environ[name] = value

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    def only_request(self):
        self.assertEqual(self.bot.mistakes, [])
        self.assertEqual(len(self.bot.requests), 1)
        return self.bot.requests[0]


@contextlib.contextmanager
def printed(stream="stdout"):
    """What the block prints."""
    with getattr(contextlib, f"redirect_{stream}")(io.StringIO()) as text:
        yield text
