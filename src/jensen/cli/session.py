"""One run of a command: where it talks to, how it ends, how long its parts took."""

import json
import math
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TextIO, cast

import typer

from jensen.cli.displays import Display, Silent, display_for
from jensen.cli.failures import Failure, explain
from jensen.cli.interrupts import Interrupts, interrupts
from jensen.errors import DrawWarning


@dataclass
class Session:
    """What every command is given; rooms below the command line never see it."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    output: str | None = None
    display: Display = field(default_factory=Silent)
    interrupts: Interrupts = field(default_factory=lambda: Interrupts(False))
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    started: float = field(default_factory=time.monotonic)

    @property
    def out(self) -> TextIO:
        """Where results are told: standard output, unless the data themselves go there."""
        return sys.stderr if self.output == "-" else sys.stdout

    def run(self, command: Callable[["Session"], None]) -> None:
        """Run a command to its end, good or bad.

        Raises:
            typer.Exit: with the exit code, when it did not end well.
        """
        try:
            with interrupts(tell=not (self.quiet or self.json)) as self.interrupts:
                self.display = display_for(quiet=self.quiet, verbose=self.verbose)
                self.display.stage("Starting")
                try:
                    with warnings.catch_warnings():
                        # a command tells of it in its own words, and in its JSON
                        warnings.simplefilter("ignore", DrawWarning)
                        command(self)
                    self.out.flush()
                finally:
                    self.display.close()
        except BrokenPipeError:
            _silence_stdout()
            raise typer.Exit(141) from None  # as a program that SIGPIPE ended
        except BaseException as error:
            if isinstance(error, SystemExit):
                raise
            failure = explain(error)
            self.fail(failure)
            raise typer.Exit(failure.code) from None

    def fail(self, failure: Failure) -> None:
        """Tell of a failure: a sentence on standard error, and JSON when asked for."""
        if self.debug and failure.unexpected:
            traceback.print_exc()
        if not (self.json and self.out is sys.stderr):
            print(f"Error: {failure.message}", file=sys.stderr)
        if self.json:
            self._print_json({"error": {"type": failure.type, "message": failure.message}})

    @contextmanager
    def stage(self, name: str, what: str) -> Generator[None]:
        """Show what is being done, and add its time to the part `name`."""
        self.display.stage(what)
        started = time.monotonic()
        try:
            yield
        finally:
            spent = time.monotonic() - started
            self.seconds[name] = self.seconds.get(name, 0.0) + spent

    def result(self, found: dict[str, Any], text: str, *, asked: bool = False) -> None:
        """Tell what came out, as JSON or as text; quietly only text that is itself asked for."""
        self.display.close()
        if self.json:
            self._print_json(found)
        elif asked or not self.quiet:
            print(text, file=self.out)

    def times(self) -> dict[str, float]:
        """Seconds of each part and of all together."""
        total = time.monotonic() - self.started
        return {k: round(v, 3) for k, v in (self.seconds | {"total": total}).items()}

    def _print_json(self, found: dict[str, Any]) -> None:
        print(json.dumps(_finite(found), ensure_ascii=False, allow_nan=False), file=self.out)


def _finite(value: Any) -> Any:
    """The same with null for what JSON cannot say."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in cast(dict[str, Any], value).items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in cast(list[Any], value)]
    return value


def _silence_stdout() -> None:
    """Let the interpreter's last flush go nowhere: the reader has left."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
