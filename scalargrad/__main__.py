"""The command line: ``python -m scalargrad demo NAME`` and ``formulas``, installed as ``scalargrad`` too."""

from __future__ import annotations

import argparse
import io
import itertools
import os
import re
import sys
from collections.abc import Sequence
from typing import NoReturn

from scalargrad import __version__
from scalargrad.demos.digits import Digits
from scalargrad.demos.iris import Iris
from scalargrad.demos.moons import Moons
from scalargrad.demos.running import add_parser, run
from scalargrad.errors import ScalargradError
from scalargrad.ledger import command
from scalargrad.ledger.show import wrapped


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are wrapped as all others are; those of the subcommands too."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, wrapped(f"{self.prog}: error: {message}", "", "  ") + "\n")


def _searched(words: Sequence[str]) -> list[str]:
    """The words of `formulas` with its options first: a word such as -2/n is no option, and is searched."""
    options: list[str] = []
    searched: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            searched += rest
        elif word == "-h" or re.match(r"--[a-z]", word):
            options += [word, *itertools.islice(rest, word.startswith("--s") and "=" not in word)]  # and its number
        else:
            searched.append(word)
    return [*options, "--", *searched]


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="scalargrad", description="Scalar automatic differentiation.")
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
        print(wrapped(f"scalargrad: {error}", "", "  "), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # as in `scalargrad demo iris | head -1`
        _discard_output()
        return 141
    except OSError as error:  # such as a full disk
        _discard_output()
        print(wrapped(f"scalargrad: cannot write the output: {error.strerror or error}", "", "  "), file=sys.stderr)
        return 1


def _obeyed(argv: Sequence[str] | None) -> int:
    parser = _parser()
    words = [*(sys.argv[1:] if argv is None else argv)]
    options = parser.parse_args([words[0], *_searched(words[1:])] if words[:1] == ["formulas"] else words)
    if options.command is None:
        parser.print_help()
        return 2
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # where the terminal knows ASCII alone
    return command.run(options.words, options.seed) if options.command == "formulas" else run(options)


def _discard_output() -> None:
    """Sends the rest of the output nowhere, so that the flush at exit does not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
