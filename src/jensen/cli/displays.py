"""Progress on standard error: a live bar in a terminal, plain lines in a log, or nothing."""

import sys
import time
from typing import Protocol


class Display(Protocol):
    """Somewhere to say how far the work has come."""

    def stage(self, what: str) -> None:
        """Something began whose length is not known."""
        ...

    def advance(self, what: str, done: int, total: int, detail: str) -> None:
        """So much of something is done."""
        ...

    def close(self) -> None:
        """Nothing more will come."""
        ...


class Silent:
    """Says nothing."""

    def stage(self, what: str) -> None:
        """Nothing."""

    def advance(self, what: str, done: int, total: int, detail: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class Lines:
    """Plain lines, at most one a second."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.last = float("-inf")

    def stage(self, what: str) -> None:
        """A line, if the last was a second ago."""
        self._line(what)

    def advance(self, what: str, done: int, total: int, detail: str) -> None:
        """A line, if the last was a second ago."""
        self._line(f"{what}: {done:,} of {total:,}, {detail}")

    def close(self) -> None:
        """Nothing."""

    def _line(self, text: str) -> None:
        now = time.monotonic()
        if now - self.last >= 1.0:
            self.last = now
            print(f"{now - self.started:7.1f} s  {text}", file=sys.stderr, flush=True)


class Live:
    """A bar that is drawn anew ten times a second and gone at the end."""

    def __init__(self) -> None:
        # Rich takes as long to import as all the rest, so only who looks at it waits for it
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        self.bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[detail]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self.task = self.bar.add_task("", total=None, detail="")
        self.what = ""
        self.bar.start()

    def stage(self, what: str) -> None:
        """A bar that only pulses."""
        self._begin(what, None)

    def advance(self, what: str, done: int, total: int, detail: str) -> None:
        """A bar that fills."""
        if what != self.what:
            self._begin(what, total)
        self.bar.update(self.task, completed=done, total=total, detail=detail)

    def close(self) -> None:
        """Take the bar away."""
        self.bar.stop()

    def _begin(self, what: str, total: int | None) -> None:
        self.what = what
        self.bar.remove_task(self.task)
        self.task = self.bar.add_task(what, total=total, detail="")


def display_for(*, quiet: bool, verbose: bool) -> Display:
    """Lines when asked for, a bar in a terminal, else nothing."""
    if quiet:
        return Silent()
    if verbose:
        return Lines()
    return Live() if sys.stderr.isatty() else Silent()


def in_words(seconds: float) -> str:
    """1:05 left, or 1:02:33 left."""
    minutes, left = divmod(max(round(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02} left" if hours else f"{minutes}:{left:02} left"
