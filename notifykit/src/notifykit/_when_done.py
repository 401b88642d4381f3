"""when_done: tells how something ended."""

from __future__ import annotations

import functools
import os
import sys
import time
from types import TracebackType
from typing import Any, Callable, List, Optional, Type, TypeVar, overload

from ._errors import NotifyError

_Function = TypeVar("_Function", bound=Callable[..., Any])

# The shown end of a traceback.
_LINES = 15
_LINE_LENGTH = 200


@overload
def when_done(title: _Function) -> _Function: ...


@overload
def when_done(
    title: Optional[str] = None,
    *,
    if_longer: float = 0,
    only_failure: bool = False,
    silent: bool = False,
    urgent: bool = False,
) -> WhenDone: ...


def when_done(
    title: Any = None, *, if_longer: float = 0, only_failure: bool = False, silent: bool = False, urgent: bool = False
) -> Any:
    """Tell how a block or a function ended, how long it took, and the last lines of a traceback.

        with when_done("training"):
            ...

        @when_done
        def load(): ...

        @when_done("nightly load", if_longer=60)
        async def load(): ...

    if_longer     tells nothing of what took less, in seconds
    only_failure  tells nothing of a good end

    Exceptions go on as if it were not there: a KeyboardInterrupt is told as interrupted. If the bot can't be told, a
    line on stderr says why, and the block ends as it did. A generator is told when it ends or is closed. A process
    that was forked within the block tells nothing.
    """
    if callable(title):
        return WhenDone(None, 0, False, False, False)(title)
    return WhenDone(title, if_longer, only_failure, silent, urgent)


class WhenDone:
    """What when_done returns: a context manager, for async with too, and a decorator. Each block needs its own."""

    def __init__(self, title: Optional[str], if_longer: float, only_failure: bool, silent: bool, urgent: bool) -> None:
        self._title = title
        self._if_longer = if_longer
        self._only_failure = only_failure
        self._silent = silent
        self._urgent = urgent
        self._began = 0.0
        self._process = 0

    def __enter__(self) -> WhenDone:
        self._began = time.monotonic()
        self._process = os.getpid()
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        end = self._end(error)
        if end is not None:
            _tell(*end, silent=self._silent, urgent=self._urgent)

    async def __aenter__(self) -> WhenDone:
        return self.__enter__()

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        end = self._end(error)
        if end is None:
            return
        tell = functools.partial(_tell, *end, silent=self._silent, urgent=self._urgent)
        if error is None or isinstance(error, Exception):
            try:
                import asyncio

                loop = asyncio.get_running_loop()
            except RuntimeError:
                # Another library's loop.
                pass
            else:
                # The bot may take a while, and the loop goes on meanwhile.
                await loop.run_in_executor(None, tell)
                return
        # An interrupted task must not wait.
        tell()

    def __call__(self, function: _Function) -> _Function:
        import inspect

        def again() -> WhenDone:
            # Calls may overlap, and each has its own time.
            name = getattr(function, "__qualname__", "a function").replace("<locals>.", "")
            return WhenDone(self._title or name, self._if_longer, self._only_failure, self._silent, self._urgent)

        wrapper: Any
        if inspect.isasyncgenfunction(function):

            @functools.wraps(function)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                async with again():
                    generator = function(*args, **kwargs)
                    try:
                        value = await generator.__anext__()
                        while True:
                            try:
                                given = yield value
                            except GeneratorExit:
                                raise
                            except BaseException as error:
                                value = await generator.athrow(error)
                            else:
                                value = await generator.asend(given)
                    except StopAsyncIteration:
                        return
                    finally:
                        await generator.aclose()

        elif inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                async with again():
                    return await function(*args, **kwargs)

        elif inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with again():
                    return (yield from function(*args, **kwargs))

        else:

            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with again():
                    return function(*args, **kwargs)

        return wrapper  # type: ignore[no-any-return]

    def _end(self, error: Optional[BaseException]) -> Any:
        """Title and text of what there is to tell, or None."""
        took = time.monotonic() - self._began
        if os.getpid() != self._process or took < self._if_longer:
            return None
        word, lines = describe(error)
        if self._only_failure and word == "done":
            return None
        return f"{self._title or _program()}: {word}", text_of(took, lines)


def describe(error: Optional[BaseException]) -> Any:
    """A word on an end, and the last lines of its traceback."""
    if error is None or isinstance(error, GeneratorExit):
        return "done", []
    if isinstance(error, SystemExit):
        if error.code is None or error.code == 0:
            return "done", []
        text = f"It ended with exit status {error.code}." if isinstance(error.code, int) else str(error.code)
        return "failed", text.splitlines()[-_LINES:]
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", []
    if type(error).__name__ == "CancelledError":
        return "cancelled", []
    return "failed", _last_lines(error)


def _last_lines(error: BaseException) -> List[str]:
    import traceback

    trace = error.__traceback__
    while trace is not None and _is_machinery(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    text = "".join(traceback.format_exception(type(error), error, trace))
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return [line if len(line) <= _LINE_LENGTH else line[: _LINE_LENGTH - 1] + "…" for line in lines[-_LINES:]]


def _is_machinery(file: str) -> bool:
    """Whether this is code of this package or of IPython, which people don't look for in a traceback."""
    folder, name = os.path.split(file)
    return folder == os.path.dirname(__file__) or (name == "interactiveshell.py" and os.path.basename(folder) == "core")


def text_of(took: float, lines: List[str]) -> str:
    """The message, in Markdown."""
    import socket

    text = f"It took {duration(took)}, on {_code(socket.gethostname())}"
    try:
        text += f" in {_code(os.getcwd())}."
    except OSError:
        # The folder is gone.
        text += "."
    if lines:
        text += "\n```\n" + "\n".join(lines).replace("```", "'''") + "\n```"
    return text


def _code(text: str) -> str:
    return "`" + text.replace("`", "'") + "`"


def duration(seconds: float) -> str:
    """A time for people: 0.4 s, 45 s, 3 min 12 s, 2 h 5 min, 3 d 4 h."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for length, unit, smaller, small_unit in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= length:
            rest = whole % length // smaller
            return f"{whole // length} {unit}" + (f" {rest} {small_unit}" if rest else "")
    return f"{whole} s"


def _program() -> str:
    return os.path.basename(sys.argv[0] if sys.argv else "") or "Python"


def _tell(title: str, text: str, *, silent: bool, urgent: bool) -> None:
    """Send it; a failure is a line on stderr, never an exception in place of the block's."""
    from ._send import send

    try:
        send(text, title=title, silent=silent, urgent=urgent, wait=0)
    except NotifyError as error:
        print(f"notifykit: how {title.rpartition(':')[0]} ended was not told: {error}", file=sys.stderr)
