"""%%notify: tells how a cell of a notebook ended."""

from __future__ import annotations

from typing import Any, List

from ._when_done import WhenDone


class _CellFailed(Exception):
    """Makes the cell count as failed, so that "Run all" stops. The cell's own traceback was shown before."""

    def _render_traceback_(self) -> List[str]:
        return []


def register(shell: Any) -> None:
    """Add the magic to an IPython shell."""

    def notify(line: str, cell: str) -> None:
        """%%notify [TITLE]: run the cell, then tell your phone how it ended and how long it took."""
        _check_loop(shell, cell)
        error = None
        try:
            # An exception in here would be shown a second time, so it is only looked at.
            with WhenDone(line.strip() or "The cell", 0, False, False, False):
                result = shell.run_cell(cell, store_history=False)
                error = result.error_before_exec or result.error_in_exec
                if error is not None:
                    raise error
        except BaseException as raised:
            if raised is not error:
                raise
        if error is not None:
            raise _CellFailed(f"{type(error).__name__}: {error}") from None

    shell.register_magic_function(notify, "cell", "notify")


def _check_loop(shell: Any, cell: str) -> None:
    """A cell with a top-level await can't run within another where the notebook's own loop runs."""
    if "await" not in cell or not shell.should_run_async(cell):
        return
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    from IPython.core.error import UsageError  # type: ignore[import]

    raise UsageError(
        '%%notify can\'t run a cell with "await". Write in the cell: async with notifykit.when_done("..."):'
    )
