"""The command line: ``python -m scalargrad demo NAME`` and ``formulas``, installed as ``scalargrad`` too."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from scalargrad import __version__
from scalargrad.demos.digits import Digits
from scalargrad.demos.iris import Iris
from scalargrad.demos.moons import Moons
from scalargrad.demos.running import add_parser, run
from scalargrad.errors import ScalargradError
from scalargrad.ledger import command, rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scalargrad", description="Scalar automatic differentiation.")
    parser.add_argument("--version", action="version", version=f"scalargrad {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    demos = commands.add_parser("demo", help="train a small network and draw what it learnt")
    names = demos.add_subparsers(title="demos", metavar="NAME", required=True)
    for demo in (Iris, Moons, Digits):
        add_parser(names, demo)
    checked = commands.add_parser("formulas", help="check the formula ledger against the engine")
    checked.add_argument("row", nargs="?", type=_row, metavar="ROW", help="the id of a row to work out, such as C7")
    return parser


def _row(text: str) -> str:
    try:
        return rows.find(text).id
    except ScalargradError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line, `argv` or the process's own. Returns the exit code.

    0; 1 if the run fails, or its output cannot be written; 2 for a command line that it does not understand; 130 after
    Ctrl-C; 141 for a closed pipe.
    """
    try:
        try:
            return _obeyed(argv)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()  # here, where an error has a name, and not at exit
    except ScalargradError as error:
        print(f"scalargrad: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # as in `scalargrad demo iris | head -1`
        _discard_output()
        return 141
    except OSError as error:  # such as a full disk
        _discard_output()
        print(f"scalargrad: cannot write the output: {error.strerror or error}", file=sys.stderr)
        return 1


def _obeyed(argv: Sequence[str] | None) -> int:
    parser = _parser()
    options = parser.parse_args(argv)
    if options.command is None:
        parser.print_help()
        return 2
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # where the terminal knows ASCII alone
    return command.run(options.row) if options.command == "formulas" else run(options)


def _discard_output() -> None:
    """Sends the rest of the output nowhere, so that the flush at exit does not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
