"""Command lines that nobody should type: an error and an exit code, never a traceback, or a run of what they say."""

from __future__ import annotations

import ast
import builtins
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from scalargrad import commands
from tests.support.commands import run

pytestmark = pytest.mark.once
guarded = pytest.mark.usefixtures("nothing_runs")

ESCAPES = [  # ways out of a sandbox, of eval with no builtins
    "__import__('os').system('echo')", "__import__('os')", "().__class__",
    "().__class__.__bases__[0].__subclasses__()", "x.__class__", "x.data", "x.backward()", "x.grad",
    "sin.__globals__", "sin.__globals__['__builtins__']", "x.__init__", "exp.__code__", "getattr(x, 'data')",
    "eval('x')", "exec('x')", "compile('x','','eval')", "open('/etc/passwd')", "globals()", "locals()", "vars()",
    "dir()", "type(x)", "print(x)", "input()", "breakpoint()", "exit()", "quit()", "help()", "__builtins__",
    "__name__", "__file__", "__doc__", "os.system('echo')", "sys.exit(3)", "[].append(x)", "core", "partial",
    "operator", "FUNCTIONS", "self", "Value(x)", "Vector([x])", "setattr(x, 'a', 1)", "delattr(x, 'a')",
    "(lambda: x)()", "[c for c in ().__class__.__base__.__subclasses__()]", "object()", "super()", "classmethod",
    "memoryview(b'')", "x.__reduce__()", "'{0.__class__}'.format(x)", "f'{x.__class__}'", "f'{__import__(\"os\")}'",
    "math.sin(x)", "np.sin(x)", "sg.sin(x)", "scalargrad", "x.sin()", "(x).real", "1 .real", "1.0.hex()", "load('x')",
    "save('x', x)", "draw(x)",
]  # fmt: skip
SYNTAX = [  # Python that is no part of the language
    "lambda: x", "lambda x: x", "lambda *a, **k: x", "[x for x in [1]]", "{x for x in [1]}", "{x: x for x in [1]}",
    "(x for x in [1])", "sum(x for x in [1])", "(y := 1)", "(x := 2) * x", "sum(*[x])", "sum(*x)", "sum(**x)",
    "sin(x=1)", "where(x>0, x, y=1)", "mean([x], axis=0)", "sum([x], keepdims=True)", "x if x else 1",
    "x if x > 0 else 1", "await x", "(yield)", "(yield x)", "(yield from x)", "{}", "{1}", "{x}", "{x: 1}", "{**x}",
    "[*x]", "*x", "**x", "x, *x", "'x'", '"x"', "b'x'", "'''x'''", "r'x'", "u'x'", "'a' 'b'", "'a'*1000000000",
    "[x]*'a'", "f'{x}'", "f'{x!r:>{x}}'", "None", "True", "False", "...", "x is x", "x is 1", "x is not 1",
    "x in [1]", "x not in [1]", "x > 0", "x == 1", "0 < x < 1", "not x", "x and 1", "x or 1", "(x > 0) * 1",
    "(x > 0) + (x < 0)", "-(x > 0)", "sin(x > 0)", "where(x > 0, x > 1, 0)", "where(x and 1, 0, 1)",
    "where(not x, 0, 1)", "isnan(x)", "sin(isnan(x))", "x & 1", "x | 1", "x ^ 2", "~x", "x << 2", "x >> 2",
    "1 << 1000000000", "x @ x", "1j", "2j * x", "x[0]", "x[0:1]", "[1, x][2]", "[1, x][-3]", "[1, x][x]",
    "[1, x][1.0]", "[1, x]['a']", "[1, x][True]", "[1, x][::0]", "[1, x][0, 1]", "[1, x][...]", "[1, x][None]",
    "[1, x][10**30]", "[x, [x]]", "sum([x, [x]])", "[x]", "(x,)", "x,", "[]", "()", "sum([], x)", "x\n+1\n;x", "x;x",
    "import os", "from os import *", "def f(): x", "class A: pass", "return x", "del x", "pass", "assert x",
    "raise x", "global x", "with x: x", "for x in x: x", "while x: x", "if x: x", "try: x", "x = 1", "x += 1",
    "x: int", "x -> y", "@x", "print x", "x!", "x?", "$x", "`x`", "x\\", "#", "x//", "x**", "**", "+", "-", "*", "/",
    "%", "x x", "2x", "2 x", "2(x)", "x(2)", "(x)(x)", "pi(x)", "sin", "sin + 1", "sin x", "sin()", "sin(x, x)",
    "atan2(x)", "atan2(x, x, x)", "where(x)", "dot(x)", "dot(x, x)", "dot()", "dot([x], [x, x])", "max()", "min([])",
    "mean([])", "norm([[x]])", "round(x, 2)", "sinn(x)", "Sin(x)", "ln(x)", "arctan(x)", "y", "X", "xx", "_", "__",
    "e1", "x1", "1e", "1e+", "0x", "0xg", "0b2", "09", "1__0", "1_", "1.2.3", ".", "..", "1..2", "1,2", "!x", "x!=",
    "x==", "==x", "<", "(<)", "()()", "[][0]", "[x](0)", "if", "else", "lambda", "in",
]  # fmt: skip
BRACKETS = [
    "(", ")", "((", "())", "(x", "x)", "(x]", "[x)", "sin(x", "sin x)", "sin((x)", "{x", "x}", "'x", 'x"', "'''x",
    "f'{x", "[x",
]  # fmt: skip
CHARACTERS = [
    "", " ", "\t", "\n", "\r\n", "\f", "\u00a0", "\u200b", "x\u200b", "\ufeff", "\x00", "x\x00", "x + \x00",
    "\x1b[31mx", "\x07", "\ud800", "x\udcff", "'\ud800'", "\uff11", "x*\u0663", "x\u00b2", "\u221ax", "x\u00d72",
    "x\u22122", "x\u00f72", "\u03c0*x", "\u222bx", "\u00bd", "\U0001f600", "x\u0301", "\u202ex", "\u2028", "x;\u2029",
    "\\u0078", "\\N{DIGIT ONE}", "x\\\n", "\u4e2d", "\u00aa\u00ba",
]  # fmt: skip
HUGE = [
    "(" * 10_000 + "x" + ")" * 10_000, "(" * 300 + "x" + ")" * 300, "[" * 250 + "x" + "]" * 250, "-" * 3990 + "x",
    "not " * 900 + "x", "x+" * 500_000 + "x", "x" * 1_000_000, "9" * 1_000_000, "9" * 3990, "9" * 400,
    "+".join(["x"] * 1900), "**".join(["x"] * 1900), "sin(" * 900 + "x" + ")" * 900, "x" + "[0]" * 1300,
    "x" + ".a" * 1900, "lambda:" * 500 + "x", "x if x else " * 300 + "x", "x<" * 1900 + "x", " " * 1_000_000,
    "f'" * 1000, "'" * 3999, "\\" * 3000, "#" * 3000, "x;" * 1900, "sum(" + "[x]*" * 900 + "1)", "0x" + "f" * 3900,
    "1e" + "9" * 3900 + "*y", "[1,x][" + "9" * 3900 + "]", "[1,x][-" + "9" * 500 + ":]",
]  # fmt: skip
EXPRESSIONS = [*ESCAPES, *SYNTAX, *BRACKETS, *CHARACTERS, *HUGE]


@pytest.fixture(scope="module")
def imported() -> None:
    """What commands import when they first use it: to import a module is to run it."""
    for words in ("check sum([x]*[x]) x=1", "explain x*x x=1", "draw x*x x=1", "demo x", "formulas C7", "info"):
        run(*words.split())


@pytest.fixture
def nothing_runs(imported: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("code ran")

    execute = builtins.exec

    def only_of_the_table(code: Any, *names: Any) -> None:
        """The pure backend writes functions from the table's rows when it first needs them."""
        if not sys._getframe(1).f_globals["__name__"].startswith("scalargrad.pure."):
            refuse()
        execute(code, *names)

    monkeypatch.setattr(builtins, "exec", only_of_the_table)
    for name in ("eval", "open", "input", "breakpoint"):
        monkeypatch.setattr(builtins, name, refuse)
    monkeypatch.setattr(os, "system", refuse)


def refused(*words: str) -> str:
    """What a command line that is refused says on stderr."""
    ran = run(*words)
    assert ran.code == 2 and ran.out == "", (words, ran)
    assert ran.err.startswith(f"usage: scalargrad {words[0]} ") and "error: " in ran.err, ran.err
    assert all(len(line) <= 80 for line in ran.err.splitlines() if " " in line.strip()), ran.err
    return ran.err


def test_there_are_more_than_three_hundred() -> None:
    assert len({*EXPRESSIONS}) == len(EXPRESSIONS) > 300


@guarded
@pytest.mark.parametrize("expression", EXPRESSIONS, ids=[ascii(each)[:30] for each in EXPRESSIONS])
def test_expressions(expression: str) -> None:
    refused("grad", expression, "x=1.5")


@guarded
@pytest.mark.parametrize("command", ["hessian", "check", "explain", "draw"])
def test_the_other_commands_read_the_same_way(command: str) -> None:
    for expression in EXPRESSIONS[::9]:
        refused(command, expression, "x=1.5")


@guarded
@pytest.mark.parametrize("words", [
    [], ["x"], ["="], ["x="], ["x= "], ["=3"], ["x==3"], ["x=1=2"], ["x=y"], ["x=x"], ["x=1", "x=2"],
    ["x=1", "x=1,2"], ["x=1", "\uff58=1"], ["x", "=", "1"], ["x=1 y=2"], ["x=1,"], ["x=,"], ["x=,1"], ["x=1,,2"],
    ["x=1;2"], ["x=1/2,3/"], ["x=(1"], ["x=()"], ["x=[]"], ["x=[[1]]"], ["x=1j"], ["x='1'"], ["x=None"], ["x=True"],
    ["x=0x"], ["x=1e"], ["x=--"], ["x=open"], ["x=eval('1')"], ["x=__import__('os')"], ["x=lambda: 1"], ["x=\ud800"],
    ["x=\x00"], ["x=" + "9" * 100_000 + "x"], ["x=" + "(" * 10_000], ["x=" + "1," * 1000 + "1"], ["sin=1"],
    ["x=1", "sin=1"], ["pi=3"], ["x=1", "e=2"], ["x=1", "lambda=1"], ["x=1", "None=1"], ["x=1", "1=1"],
    ["x=1", "a b=1"], ["x=1", "x[0]=1"], ["x=1", "x.y=1"], ["x=1", "-=1"], ["x=1", "\ud800=1"],
    ["x=1", "--", "--format"], ["x=1", "-q"], ["x=1", "z"], ["x=1", ""], ["x=1", " "],
    ["x=1"] + [f"a{k}={k}" for k in range(200)],
], ids=lambda words: ascii(" ".join(words))[:30])  # fmt: skip
def test_numbers(words: list[str]) -> None:
    refused("grad", "x", *words)


@guarded
def test_every_name_of_a_result_is_taken() -> None:
    taken = ["y", "f", "z", "result", "_", "y_0"]
    ran = run("grad", "x", "x=1", *(f"{name}=1" for name in taken))
    assert ran.code == 0 and ran.out.startswith("y_1          = 1.0\ndy_1/dx      = 1.0\n") and ran.err == ""


@guarded
@pytest.mark.parametrize("words", [
    ["grad"], ["grad", "--help=3"], ["grad", "--format", "text", "x", "x=1"], ["explain", "x*x", "x=1", "--format"],
    ["explain", "x*x", "x=1", "--format", "pdf"], ["explain", "x*x", "x=1", "--format", "text", "--out", "x.md"],
    ["explain", "x*x", "x=1", "--to"], ["explain", "x*x", "x=1", "--to", "q"], ["explain", "x*x", "x=1", "--to", ""],
    ["explain", "x*x", "x=1", "--out"], ["draw", "x*x", "x=1", "--out", "x"],
    ["explain", "x*x", "x=1", "--out", "x.jpg"], ["explain", "2", "x=1"], ["draw", "2", "x=1"], ["check", "2", "x=1"],
    ["info", "x"], ["grad", "x", "x=1", "--unknown"], ["grad", "--unknown=3", "x", "x=1"], ["info", "--x"],
    ["gradd", "x", "x=1"], ["--x"], ["-x"], ["", "x"], ["x=1"], ["demo"], ["demo", "x"], ["demo", "moons", "--x"],
    ["\ud800"], ["--version=3"], ["formulas", "--seed", "x"], ["formulas", "--x"],
    ["draw", "x*x", "x=1", "--to", "x"], ["--", "grad", "x", "x=1"],
], ids=lambda words: ascii(" ".join(words))[:30])  # fmt: skip
def test_command_lines(words: list[str]) -> None:
    ran = run(*words)
    assert ran.code == 2 and ran.out == "" and ran.err.startswith("usage: scalargrad") and "error: " in ran.err, ran


def test_the_sources_have_no_way_to_run_a_text() -> None:
    """`compile` is not called but by `ast.parse`, which stops at the tree."""
    folder = Path(commands.__path__[0])
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            called = node.func if isinstance(node, ast.Call) else None
            name = called.id if isinstance(called, ast.Name) else ""
            assert name not in {"eval", "exec", "compile", "__import__", "globals"}, path
            if name == "getattr":
                assert isinstance(node, ast.Call) and isinstance(node.args[1], ast.Constant), path  # no name as typed


def test_warnings_of_pythons_parser_are_no_output() -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for expression in ("1if x else 2", "x is 1", "x*'\\d'"):
            refused("grad", expression, "x=1")
    assert warned == []


def test_bytes_that_are_no_text() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, "-m", "scalargrad", "grad", b"x*\xff", "x=1"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.startswith("usage: "), done
    assert "Traceback" not in done.stderr
