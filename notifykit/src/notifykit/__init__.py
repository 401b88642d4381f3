"""Notify from Python: scripts, programs, notebooks.

    from notifykit import send
    send("The import is done: *4,120* rows")

send        a message to your own phone, with pictures, files and a table; it comes back once the bot has stored it
alert       what a script in ~/user/notifications prints: whether to notify, and what
when_done   tells how a block, a function or a generator ended, and how long it took
%%notify    the same for a cell of a notebook, after  %load_ext notifykit

There is nothing to set up: the bot knows who you are from the kernel. Every error is a NotifyError, and its text says
what to do. The package needs Python 3.8 and nothing else; it imports no library that you don't give it something of.
"""

from __future__ import annotations

from typing import Any

from ._alert import alert
from ._errors import BotUnreachable, NotAllowed, NotifyError, NotLinked, Refused
from ._send import Sent, send
from ._when_done import when_done

__all__ = [
    "BotUnreachable",
    "NotAllowed",
    "NotLinked",
    "NotifyError",
    "Refused",
    "Sent",
    "alert",
    "load_ipython_extension",
    "send",
    "when_done",
]


def load_ipython_extension(shell: Any) -> None:
    """Add the cell magic %%notify. IPython calls this for %load_ext notifykit."""
    from ._magic import register

    register(shell)
