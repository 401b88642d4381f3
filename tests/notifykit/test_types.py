"""The types of the package, as mypy reads them."""

import os
import subprocess
import unittest

import notifykit
from support import WithBot

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(notifykit.__file__)))

# Calls with the kinds of arguments that people have.
CALLS = """
import datetime, pathlib
from typing import AsyncIterator, Iterator, List, Mapping
from notifykit import NotifyError, Sent, alert, send, when_done

class Frame:
    columns: List[str] = ["a"]

class Figure:
    def savefig(self, target: object, *, dpi: float = 100, format: str = "png") -> None: ...

class Picture:
    @property
    def mode(self) -> str: return "RGB"
    def save(self, fp: object, format: str = "PNG") -> None: ...

rows: List[Mapping[str, int]] = [{"a": 1}]
sent: Sent = send("x", title="t", image=Figure(), images=[b"", "a.png", pathlib.Path("b"), Picture()], table=rows, wait=0)
send("x", table=Frame(), file=Frame(), name="a.csv", files=["a", (b"", "b"), (Frame(), "c.csv")], key="k", markdown=False)
send("x", table=[["a"], [1]], buttons=[{"text": "a", "url": "b"}])
alert(True, "t", "m", chart=Figure(), charts=[Figure()], cooldown=datetime.timedelta(hours=1), data={"n": 1}, buttons=False)
print(sent.id.upper(), sent.channels["telegram"])

with when_done("x", if_longer=1.5) as done:
    pass

@when_done
def one(n: int) -> str: return str(n)

@when_done("two", only_failure=True)
async def two(n: int) -> Iterator[int]: return iter([n])

try:
    reveal_type(one(1))
    reveal_type(two)
except NotifyError as error:
    print(error.status, error.id)
"""

WRONG = """
from notifykit import alert, send, when_done
send(7)
send("x", image=7)
send("x", tabel=[["a"]])
alert(True, cooldown=30)
when_done(7)
"""


class TypeTests(WithBot):
    def check(self, *arguments):
        ended = subprocess.run(
            ["/usr/bin/mypy", "--strict", "--python-version", "3.8", "--cache-dir", self.folder, "--no-error-summary", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, check=False, cwd=self.folder,
            env={**os.environ, "MYPYPATH": SOURCE},
        )
        return ended.stdout

    def test_the_package_is_typed_strictly(self):
        self.assertEqual(self.check(os.path.join(SOURCE, "notifykit")), "")

    def test_right_calls_have_no_error_and_keep_their_types(self):
        said = self.check(self.write("calls.py", CALLS))

        self.assertNotIn("error", said)
        self.assertIn('Revealed type is "builtins.str"', said)
        self.assertIn('Revealed type is "def (n: builtins.int) -> typing.Coroutine', said)

    def test_wrong_calls_have_one_each(self):
        said = self.check(self.write("wrong.py", WRONG))

        self.assertEqual([line.split(":")[1] for line in said.splitlines() if ": error:" in line], list("34567"), said)


if __name__ == "__main__":
    unittest.main()
