"""Ctrl-C: once during a fit ends the fit at its next step; otherwise, or twice, ends all."""

import os
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

MESSAGE = (
    b"\nStopping the fit at its next step and keeping the best model so far; "
    b"Ctrl-C again stops at once.\n"
)


class Stopped(BaseException):
    """The user wants the command to end; unlike KeyboardInterrupt, a fit does not catch it."""


class Interrupts:
    """What has been done about Ctrl-C so far."""

    def __init__(self, tell: bool):
        self.tell = tell
        self.count = 0
        self.fitting = False

    def handle(self, signum: int, frame: FrameType | None) -> None:
        """Take one Ctrl-C."""
        self.count += 1
        if not self.fitting or self.count > 1:
            raise Stopped
        if self.tell:  # past the buffers of stderr, which may be in the middle of a write
            os.write(2, MESSAGE)

    @contextmanager
    def in_fit(self) -> Generator[None]:
        """Let the first Ctrl-C wait for a safe place."""
        self.fitting = True
        try:
            yield
        finally:
            self.fitting = False

    def end_fit_if_asked(self) -> None:
        """The safe place: between two steps; the fit catches this and keeps its best model."""
        if self.fitting and self.count:
            raise KeyboardInterrupt


@contextmanager
def interrupts(tell: bool) -> Generator[Interrupts]:
    """Listen to Ctrl-C, unless it was to be ignored or this is not the main thread."""
    state = Interrupts(tell)
    ignored = signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, None)
    if ignored or threading.current_thread() is not threading.main_thread():
        yield state
        return
    before: Callable[[int, FrameType | None], object] | int | None
    before = signal.signal(signal.SIGINT, state.handle)
    try:
        yield state
    finally:
        signal.signal(signal.SIGINT, before)
