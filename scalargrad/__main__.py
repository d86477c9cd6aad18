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
from scalargrad.ledger import command


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scalargrad", description="Scalar automatic differentiation.")
    parser.add_argument("--version", action="version", version=f"scalargrad {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    demos = commands.add_parser("demo", help="train a small network and draw what it learnt")
    names = demos.add_subparsers(title="demos", metavar="NAME", required=True)
    for demo in (Iris, Moons, Digits):
        add_parser(names, demo)
    about = "Check the formula ledger against the engine, search it, or work a row out on numbers."
    checked = commands.add_parser("formulas", help="the formula ledger: check it, search it, work a row out",
                                  description=about)  # fmt: skip
    checked.add_argument("words", nargs="*", metavar="ROW | WORD | NAME=NUMBERS",
                         help="a row such as C7 or E8, with numbers such as z=1,2,3, or a matrix by rows, X=1,2/3,4;"
                              " or words to search")  # fmt: skip
    checked.add_argument("--seed", type=int, default=0, help="of the random numbers (default: 0)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line, `argv` or the process's own. Returns the exit code.

    0; 1 if the run fails; 2 for a command line that it does not understand; 130 after Ctrl-C; 141 for a closed pipe.
    """
    parser = _parser()
    options = parser.parse_args(argv)
    if options.command is None:
        parser.print_help()
        return 2
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # where the terminal knows ASCII alone
    try:
        return command.run(options.words, options.seed) if options.command == "formulas" else run(options)
    except ScalargradError as error:
        print(f"scalargrad: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # as in `scalargrad demo iris | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the flush at exit does not complain
        return 141


if __name__ == "__main__":
    sys.exit(main())
