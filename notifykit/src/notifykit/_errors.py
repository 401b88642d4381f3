"""What can go wrong. Each text is a sentence that says what to do."""

from __future__ import annotations

from typing import Optional


class NotifyError(Exception):
    """The notification was not taken, or it is unknown whether it was.

    status  the bot's HTTP status; None where it gave no answer, or was not asked
    id      the notification's id, where the bot had accepted it
    """

    def __init__(self, text: str, *, status: Optional[int] = None, id: Optional[str] = None) -> None:
        super().__init__(text)
        self.status = status
        self.id = id


class NotLinked(NotifyError):
    """Nothing reaches you: no phone is linked, or its chat takes no messages."""


class NotAllowed(NotifyError):
    """You may not use the bot, or not for this user or file."""


class BotUnreachable(NotifyError):
    """The bot is not there, gave no answer, or can store nothing at the moment. A later try may work."""


class Refused(NotifyError, ValueError):
    """The notification can't go as it is: a wrong or too large value, too many that wait, or Telegram's refusal."""


for _error in (NotifyError, NotLinked, NotAllowed, BotUnreachable, Refused):
    # Tracebacks show the name that people import.
    _error.__module__ = "notifykit"
del _error
