"""The parsers of the command line. What a command needs is imported when that command is asked for."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from scalargrad import __version__
from scalargrad.extras import wrapped

_EXPRESSIONS = {
    "explain": "the chain rule of an expression, number by number or path by path",
    "draw": "the graph of an expression, as text or a picture",
    "grad": "an expression and its derivatives",
    "hessian": "the second derivatives of an expression",
    "check": "the derivatives of an expression against numerical ones",
}
_OTHERS = {
    "demo": "fit something small, such as a network, and draw what came of it",
    "formulas": "the formula ledger: check it, search it, work a row out",
    "info": "the version, the backend, the CPU path, Python, and the extras",
}
_EPILOG = """\
examples:
  scalargrad explain 'sin(x)*exp(-x**2)' x=1.5
  scalargrad COMMAND --help
"""
_FORMULAS_EPILOG = """\
examples:
  scalargrad formulas
  scalargrad formulas softmax
  scalargrad formulas C7 z=1,2,3
"""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are wrapped as all others are, but for the lines that show an expression."""

    def error(self, message: str) -> NoReturn:
        from scalargrad.nodes.displays import printable

        first, *rest = map(printable, f"{self.prog}: error: {message}".split("\n    "))
        self.print_usage(sys.stderr)
        self.exit(2, "\n    ".join([wrapped(first, "", "  "), *rest]) + "\n")


def parsed(words: Sequence[str]) -> argparse.Namespace:
    """The options of a command line. One of them is `run`: it takes all options, obeys, and returns the exit code.

    Exits with 2, and a message on stderr, if it is not understood.
    """
    chosen = words[0] if words else ""
    parser = Parser(prog="scalargrad", description="Scalar automatic differentiation.", epilog=_EPILOG,
                    formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--version", action="version", version=f"scalargrad {__version__}")
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for name, about in {**_EXPRESSIONS, **_OTHERS}.items():
        settings: dict[str, Any] = {"formatter_class": argparse.RawDescriptionHelpFormatter}
        if name == chosen:
            settings |= _described(name)
            settings["description"] = wrapped(settings.get("description", about[:1].upper() + about[1:] + "."))
        command = commands.add_parser(name, help=about, **settings)
        if name == chosen:
            _ADD.get(name, _add_expression)(command, name)
    if chosen in _EXPRESSIONS or chosen == "formulas":
        words = [chosen, *_options_first(words[1:])]
    options = parser.parse_args(words)
    options.print_help = parser.print_help
    return options


def _described(name: str) -> dict[str, str]:
    """The description of a command, and its examples."""
    if name in _EXPRESSIONS:
        from scalargrad.commands import derivatives

        return {"description": derivatives.ABOUT[name], "epilog": derivatives.epilog(name)}
    if name == "formulas":
        about = "Check the formula ledger against the engine, search it, or work a row out on numbers."
        return {"description": about, "epilog": _FORMULAS_EPILOG}
    if name == "demo":
        return {"epilog": "examples:\n  scalargrad demo iris\n  scalargrad demo digits --steps 100 --no-plot\n"}
    about = "Print what runs here, for oneself and for a report of a bug."
    return {"description": about, "epilog": "examples:\n  scalargrad info\n"}


def _add_expression(parser: argparse.ArgumentParser, name: str) -> None:
    from scalargrad.commands import derivatives

    derivatives.add_arguments(parser, name)
    parser.set_defaults(run=lambda options: derivatives.run(name, options))


def _add_demo(parser: argparse.ArgumentParser, name: str) -> None:
    from scalargrad.demos import running
    from scalargrad.demos.black_scholes import BlackScholes
    from scalargrad.demos.curve import Curve
    from scalargrad.demos.digits import Digits
    from scalargrad.demos.gpt.demo import Gpt
    from scalargrad.demos.iris import Iris
    from scalargrad.demos.moons import Moons
    from scalargrad.demos.physics.lorenz import Lorenz
    from scalargrad.demos.physics.pendulum import Pendulum
    from scalargrad.demos.spiral import Spiral

    names = parser.add_subparsers(title="demos", metavar="NAME", required=True)
    for demo in (Iris, Moons, Spiral, Digits, Gpt, BlackScholes, Curve, Lorenz, Pendulum):
        running.add_parser(names, demo)
    parser.set_defaults(run=running.run)


def _add_formulas(parser: argparse.ArgumentParser, name: str) -> None:
    def run(options: argparse.Namespace) -> int:
        from scalargrad.ledger import command

        return command.run(options.words, options.seed)

    parser.add_argument("words", nargs="*", metavar="ROW | WORD | NAME=NUMBERS",
                        help="a row such as C7 or E8, with numbers such as z=1,2,3, or a matrix by rows, X=1,2/3,4;"
                             " or words to search")  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (default: 0)")
    parser.set_defaults(run=run)


def _add_info(parser: argparse.ArgumentParser, name: str) -> None:
    def run(options: argparse.Namespace) -> int:
        from scalargrad.commands import info

        return info.run()

    parser.set_defaults(run=run)


_ADD: dict[str, Callable[[argparse.ArgumentParser, str], None]] = {
    "demo": _add_demo, "formulas": _add_formulas, "info": _add_info,
}  # fmt: skip


def _options_first(words: Sequence[str]) -> list[str]:
    """The words with options first, and `--` after them: a word such as -2/n or -x**2 is no option.

    >>> _options_first(["-x**2", "x=1", "--format", "latex", "y=2"])
    ['--format', 'latex', '--', '-x**2', 'x=1', 'y=2']
    """
    options: list[str] = []
    others: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            others += rest
        elif word == "-h" or re.match(r"--[a-z]", word):
            options.append(word)
            if "=" not in word and not word.startswith("--h"):
                options += [x for x in [next(rest, None)] if x is not None]  # what the option takes
        else:
            others.append(word)
    return [*options, "--", *others]
