"""The command line: parse, call the estimator, render; no maths, no file formats."""

from jensen.cli.app import main

__all__ = ["main"]
