"""The parts of the command line: options, names, words, pictures, displays, failures."""

import inspect
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

import jensen
from jensen.cli import charts, main, words
from jensen.cli.displays import Lines, Live, Silent, display_for, in_words
from jensen.cli.failures import explain
from jensen.cli.interrupts import Interrupts, Stopped, interrupts
from jensen.cli.requests import Columns, default_file, default_rows, row_range
from jensen.cli.session import Session
from jensen.errors import FitError, OptionError

COMMANDS = ["more", "fit", "sample", "score", "impute", "gap", "check", "info", "schema"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_and_the_options_of_every_command(command, capsys):
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert re.search(rf"Examples?:\n  .*jensen {command} ", out)
    for option in ("--json", "--seed", "--quiet"):
        assert option in out


def test_help_names_every_command_and_the_version(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    for command in COMMANDS:
        assert re.search(rf"^  {command} +\w.*[^.]\.$", out, re.MULTILINE)
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"jensen {jensen.__version__}\n"


def test_nothing_heavy_is_imported_for_help():
    code = (
        "import sys; from jensen.cli import main; main(['more', '--help']);"
        "heavy = {'jax', 'numpy', 'polars', 'rich', 'equinox', 'numpyro', 'optax', 'sklearn'};"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", ["more", "fit"])
def test_options_of_the_fit_are_arguments_of_the_estimator(command, capsys):
    main([command, "--help"])
    out = " ".join(capsys.readouterr().out.split())
    defaults = inspect.signature(jensen.VAE).parameters
    for option in ("latent-dim", "likelihood", "width", "n-blocks", "steps", "batch-size",
                   "learning-rate", "kl-warm-up", "minutes", "seed"):  # fmt: skip
        assert f"--{option} " in out
        default = defaults[option.replace("-", "_")].default
        if default is not None:
            told = re.search(rf"--{option} .*?\[default: ([^\];]+)", out)
            assert told is not None
            assert told[1] == str(default)


def test_names_of_outputs():
    assert default_rows("dir/adult.csv") == "adult.more.csv"
    assert default_rows("adult.v2.csv.gz") == "adult.v2.more.csv.gz"
    assert default_rows("t.parquet") == "t.more.parquet"
    assert default_rows("odd.dat") == "odd.more.csv"
    assert default_rows("-") == "-"
    assert default_file("dir/adult.csv.gz", ".jensen") == "adult.jensen"
    assert default_file("-", ".jensen") == "data.jensen"


def test_columns_of_any_name():
    columns = Columns(
        kinds=["a=b=integer", 'x={"kind": "continuous", "atoms": [0]}'],
        ordinals=['size=low,"mid, high",top', "n=1,2"],
    )
    assert columns.overrides() == {
        "a=b": "integer",
        "x": {"kind": "continuous", "atoms": [0]},
    }
    assert columns.levels() == {"size": ["low", "mid, high", "top"], "n": ["1", "2"]}


def test_slices():
    assert row_range("3:5", None) == (3, 5)
    assert row_range(":5", None) == (0, 5)
    assert row_range(None, 7) == (0, 7)
    assert row_range(None, None) == (0, None)
    with pytest.raises(OptionError):
        row_range("5:3", None)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (-23.3512, 0.048, "-23.351 ± 0.048"),
        (-23.3512, 1.24, "-23.4 ± 1.2"),
        (-2310.4, 31.0, "-2310 ± 31"),
        (-1.0, 0.0, "-1.00"),
        (-1.0, float("nan"), "-1.00"),
    ],
)
def test_a_bound_has_the_digits_its_error_allows(value, error, text):
    assert words.nats(value, error) == text


def held_out(**fields):
    usual = {
        "bound": -10.0, "standard_error": 0.1, "marginals": -12.0, "kl": 2.0, "n_rows": 9,
        "active_units": 2, "kl_per_dimension": (1.0, 1.0), "collapsed": False,
    }  # fmt: skip
    return SimpleNamespace(**(usual | fields))


def test_a_collapse_is_named_with_a_remedy():
    assert words.collapse(held_out()) is None
    said = words.collapse(held_out(collapsed=True, kl=0.01, active_units=0))
    assert said is not None
    assert said.startswith("Posterior collapse: ")
    assert "--likelihood independent" in said
    assert "independent of each other" not in said
    independent = words.collapse(held_out(collapsed=True, kl=0.0, marginals=-10.05))
    assert "independent of each other" in str(independent)


def test_bars_are_as_long_as_their_values():
    assert charts.bar(2.0, 2.0, 4) == "████"
    assert charts.bar(1.0, 2.0, 4) == "██"
    assert charts.bar(0.25, 4.0, 4) == "▎"
    assert charts.bar(0.0, 0.0, 4) == ""


def test_a_rising_line_rises():
    lines = charts.line_chart([0, 10, 20, 30], [-4.0, -3.0, -2.0, -1.0], width=8, height=4)
    assert len(lines) == 5
    assert lines[0].startswith("-1.00 ┤")
    assert lines[3].startswith("-3.00 ┤")  # what the first step was lies below the frame
    cells = [line.partition("┤")[2] for line in lines[:4]]
    empty = chr(0x2800)
    assert cells[0][0] == empty
    assert cells[0][-1] != empty
    assert cells[3][0] != empty
    assert cells[3][-1] == empty
    assert lines[4].split() == ["0", "30"]


def test_a_chart_of_one_value_is_flat():
    assert len(charts.line_chart([0, 5], [1.0, 1.0], width=8, height=2)) == 3


def test_progress_is_silent_without_a_terminal(monkeypatch, capsys):
    assert isinstance(display_for(quiet=False, verbose=False), Silent)
    assert isinstance(display_for(quiet=True, verbose=True), Silent)
    assert isinstance(display_for(quiet=False, verbose=True), Lines)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    display = display_for(quiet=False, verbose=False)
    assert isinstance(display, Live)
    display.stage("Compiling")
    display.advance("Fitting", 1, 2, "held-out -1.00 nats per row")
    display.advance("Fitting", 2, 2, "held-out -0.50 nats per row")
    display.close()
    display.close()
    assert "held-out -0.50 nats per row" in capsys.readouterr().err


def test_lines_come_at_most_once_a_second(monkeypatch, capsys):
    now = [100.0]
    monkeypatch.setattr("jensen.cli.displays.time.monotonic", lambda: now[0])
    lines = Lines()
    for tenth in range(35):
        now[0] = 100.0 + tenth / 10
        lines.advance("Fitting", tenth, 35, "held-out -1.00 nats per row")
    err = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in err] == ["0.0", "1.0", "2.0", "3.0"]
    assert err[1].endswith("Fitting: 10 of 35, held-out -1.00 nats per row")


def test_times_left():
    assert in_words(65) == "1:05 left"
    assert in_words(3723) == "1:02:03 left"
    assert in_words(-1) == "0:00 left"


@pytest.mark.parametrize(
    ("error", "code", "part"),
    [
        (OptionError("mend it."), 2, "mend it."),
        (FitError("nothing kept."), 1, "nothing kept."),
        (MemoryError(), 1, "memory"),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating"), 1, "memory"),
        (OSError(28, "No space left on device", "o.csv"), 2, "o.csv: the system says: No space"),
        (OSError("odd"), 2, "odd"),
        (Stopped(), 130, "Ctrl-C"),
        (KeyError("x"), 1, "fault of jensen"),
    ],
)
def test_every_error_is_a_sentence(error, code, part):
    failure = explain(error)
    assert failure.code == code
    assert part in failure.message


def test_an_unexpected_error_shows_its_traceback_only_when_asked(capsys):
    import typer

    def broken(session):
        raise KeyError("x")

    for debug in (False, True):
        with pytest.raises(typer.Exit) as ended:
            Session(debug=debug).run(broken)
        assert ended.value.exit_code == 1
        err = capsys.readouterr().err
        assert "Error: jensen failed in a way it should not (KeyError: 'x')" in err
        assert ("Traceback" in err) == debug


def test_json_has_no_number_that_json_lacks(capsys):
    Session(json=True).result({"a": float("nan"), "b": [float("inf"), 1.5]}, "")
    assert capsys.readouterr().out == '{"a": null, "b": [null, 1.5]}\n'


def test_the_first_interrupt_of_a_fit_waits_for_a_safe_place():
    state = Interrupts(tell=False)
    with pytest.raises(Stopped):
        state.handle(2, None)
    state = Interrupts(tell=False)
    with state.in_fit():
        state.end_fit_if_asked()
        state.handle(2, None)
        with pytest.raises(KeyboardInterrupt):
            state.end_fit_if_asked()
        with pytest.raises(Stopped):
            state.handle(2, None)


def test_interrupts_are_given_back():
    import signal

    before = signal.getsignal(signal.SIGINT)
    with interrupts(tell=False) as state:
        if before not in (signal.SIG_IGN, None):
            assert signal.getsignal(signal.SIGINT) == state.handle
    assert signal.getsignal(signal.SIGINT) == before
