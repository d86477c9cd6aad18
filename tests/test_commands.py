"""The commands on expressions, and `info`: what each prints, to the letter, where it goes, and with which exit code."""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import core
from scalargrad.commands import info
from scalargrad.look import explaining
from tests.support.commands import run

ROOT = Path(__file__).parent.parent
EXPRESSION = "sin(x)*exp(-x**2)"
COMMANDS = ["explain", "draw", "grad", "hessian", "check"]

GRAD = """\
y       = 14.5
dy/dx   = 1.0
dy/dw_1 = 10.0
dy/dv   = 0.0
"""
HESSIAN = """\
f = 18.0

   x  y
x  4  6
y  6  0
"""
CHECK = """\
y = 0.10513519809241459
dy/dx = -0.30794994807379167, by complex step -0.3079499480737916: holds
"""
EXPLAIN = """\
Forwards
  x = 1.5
  v1 = sin(x) = sin(1.5) = 0.99749
  v2 = x**2 = 1.5**2 = 2.25
  v3 = -v2 = -2.25
  v4 = exp(v3) = exp(-2.25) = 0.1054
  y = v1 * v4 = 0.99749 * 0.1054 = 0.10514
Backwards
  dy/dy = 1
  dy/dv4 = dy/dy * ∂y/∂v4 = 1 * 0.99749 = 0.99749
  dy/dv3 = dy/dv4 * ∂v4/∂v3 = 0.99749 * 0.1054 = 0.10514
  dy/dv2 = dy/dv3 * ∂v3/∂v2 = 0.10514 * (-1) = -0.10514
  dy/dv1 = dy/dy * ∂y/∂v1 = 1 * 0.1054 = 0.1054
  dy/dx = dy/dv2 * ∂v2/∂x + dy/dv1 * ∂v1/∂x = -0.10514 * 3 + 0.1054 * 0.070737 =
      -0.30795
"""
TO = """\
2 paths lead from w[1] to y
  w[1] (operand 1) -> v1 -> y: 3 * 1 = 3
  w[1] (operand 2) -> v1 -> y: 3 * 1 = 3
Their sum is the derivative; no digits cancel
  dy/dw[1] = 3 + 3 = 6
"""
DRAW = """\
y = v1 + 2: data 11, grad 1
├─ 1 ─ v1 = x * x: data 9, grad 1
│      ├─ 3 ─ x: data 3, grad 6
│      └─ 3 ─ x, as above
└─ 1 ─ 2
"""
PRINTED = [
    (["grad", "w_1**2*2 + x", "x=2", "w_1=2.5", "v=1"], GRAD),
    (["hessian", "x**2*y", "x=3", "y=2"], HESSIAN),
    (["check", EXPRESSION, "x=1.5"], CHECK),
    (["explain", EXPRESSION, "x=3/2"], EXPLAIN),
    (["explain", "w[0] + w[1]*w[1]", "w=2,3", "--to", "w[1]"], TO),
    (["draw", "x*x + 2", "x=3"], DRAW),
]  # fmt: skip


@pytest.mark.parametrize(("words", "printed"), PRINTED, ids=[" ".join(words)[:30] for words, _ in PRINTED])
def test_what_is_printed(words: list[str], printed: str) -> None:
    assert run(*words) == (0, printed, "")


def test_a_check_that_fails() -> None:
    ran = run("check", "relu(x) + floor(w)", "x=0", "w=1")
    assert ran.code == 1 and ran.err == "scalargrad: 1 of 2 derivatives are not confirmed\n"
    first, kink, *failure = ran.out.splitlines()
    assert (first, kink) == ("y = 1.0", "dy/dx = 0.0 at a kink: slope 0 on the left, 1 on the right")
    assert re.fullmatch(r"dy/dw = 0\.0, by differences 1\.0, estimated error .*: FAILS\. f jumps here, by 1: it has no"
                        r" derivative; check at another point", " ".join(" ".join(failure).split()))  # fmt: skip


@pytest.mark.parametrize(("words", "message"), [
    (["check", "log(x)", "x=-1"], "the result here is nan"), (["check", "x*x", "x=inf"], "the result here is inf"),
    (["explain", "x*w", "x=1", "w=2", "--to", "v"], "argument --to: the expression has no v: its names are x, w"),
    (["explain", "x*x", "x=1", "w=2", "--to", "w"], "no number of the graph has the label 'w'"),
    (["draw", "3*2", "x=1"], "the expression depends on no name: it is 6.0"),
    (["grad", "sinn(x)", "x=1"], "there is no function sinn: did you mean sin?\n    sinn(x)\n    ^\n"),
    (["grad", "1+arctan(x)", "x=1"], "there is no function arctan: did you mean atan?\n    1+arctan(x)\n      ^\n"),
    (["grad", "weigth*x", "x=1", "weight=2"], "weigth has no number: did you mean weight?"),
    (["grad", "q*x", "x=1"], "q has no number: add one, such as q=1.5"),
    (["grad", "x^2", "x=1"], "a power is written x**2"), (["grad", "2x", "x=1"], "a product is written 2*x"),
    (["grad", "sin x", "x=1"], "an expression is written as in Python"),
    (["grad", "atan2(x)", "x=1"], "it is atan2(y, x), got 1 argument"),
    (["grad", "(x", "x=1"], "'(' was never closed"),
    (["grad", "sg.sin(x)", "x=1"], "write sin(...), without the dot"), (["grad", "x=1"], "as in 'x**2' x=3"),
    (["grad", "x if x > 0 else 0", "x=1"], "where(x > 0, a, b)"), (["grad", "x*x", "sin=1"], "sin is a function"),
    (["grad", "w", "w=1,2"], "this one comes to 2: write sum(...) around it, or [0] after it"),
    (["grad", "x[0]", "x=1"], "give the name several, as in x=1,2,3"), (["grad", "2*3"], "no number is given"),
    (["grad", "x*x", "x=1", "x=2"], "x is given twice"), (["grad", "x*x", "x=1.5.2"], "the number of x: "),
    (["gradient", "x*x", "x=1"], "invalid choice: 'gradient'"),
])  # fmt: skip
def test_what_is_refused(words: list[str], message: str) -> None:
    ran = run(*words)
    assert ran.code == (1 if ran.err.startswith("scalargrad: ") else 2) and ran.out == ""
    assert message in ran.err or message in " ".join(ran.err.split())


# --- files and formats ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", explaining.FORMATS)
def test_explanations_in_each_format(format: str) -> None:
    ran = run("explain", "x*x", "x=3", "--format", format)
    x = sg.Value(3.0, label="x")
    y = x * x
    y.label = "y"
    assert ran == (0, f"{sg.explain(y, format=format)}".rstrip("\n") + "\n", "")


@pytest.mark.parametrize("words", [[], ["--to", "x"]])
def test_a_page_of_a_long_expression_is_refused_and_its_text_is_not(words: list[str], tmp_path: Path) -> None:
    long = ["explain", "+".join(["sin(x)*x"] * 200), "x=1", *words]
    for page in (["--format", "html"], ["--out", str(tmp_path / "y.HTML")]):
        ran = run(*long, *page)
        assert ran.code and "steps, more than max_steps=200" in " ".join(ran.err.split()) and ran.out == ""
    assert [*tmp_path.iterdir()] == []
    for rest in ([], ["--format", "latex"], ["--out", str(tmp_path / "y.md")]):
        assert run(*long, *rest).code == 0


@pytest.mark.parametrize("name", ["y.svg", "y.dot", "y.txt"])
def test_a_drawing_in_a_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert run("draw", "x*x", "x=3", "--out", str(path)) == (0, f"written: {path}\n", "")
    x = sg.Value(3.0, label="x")
    y = x * x
    y.label = "y"
    y.backward()
    sg.draw(y).save(tmp_path / f"expected{path.suffix}")
    assert path.read_bytes() == (tmp_path / f"expected{path.suffix}").read_bytes() != b""
    if name != "y.txt":
        assert run("draw", "x*x", "x=3", "--format", name[2:]).out.rstrip("\n") == path.read_text().rstrip("\n")


def test_an_explanation_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "y.md"
    assert run("explain", "x*x", "--out", str(path), "x=3").code == 0
    assert path.read_text() == run("explain", "x*x", "x=3", "--format", "markdown").out
    ran = run("draw", "x*x", "x=3", "--out", str(tmp_path / "none" / "y.svg"))
    assert ran.code == 1 and ran.out == "" and "No such file or directory" in " ".join(ran.err.split())
    assert ran.err.startswith("scalargrad: cannot write")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        assert run("explain", "x*x", "x=1", "--format", "text", "--out", "x.md").code == 2
        assert run("draw", "x*x", "x=1", "--out", "x.jpeg").code == 2
    assert [*tmp_path.iterdir()] == [path]


# --- help, screens, info ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["", *COMMANDS, "formulas", "info", "demo", "demo iris"])
def test_help_has_examples_that_run(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = command.split()
    monkeypatch.chdir(tmp_path)
    ran = run(*words, "--help")
    assert ran.code == 0 and ran.err == "" and ran.out.startswith(f"usage: scalargrad {command}".rstrip())
    assert max(map(len, ran.out.splitlines())) <= 80
    examples = re.findall(r"^  scalargrad (.*)$", re.split(r"\nexamples?:\n", ran.out)[1], re.MULTILINE)
    assert examples
    for example in examples:
        if words[:1] not in (["demo"], ["info"]) and example not in ("COMMAND --help", "formulas"):  # which take long
            assert run(*shlex.split(example)).code == 0, example


@pytest.mark.parametrize("command", COMMANDS)
def test_a_screen_is_eighty_columns(command: str) -> None:
    """Of long expressions too, with long names and with many numbers."""
    deep = "tanh(0.1234*" * 9 + "some_name*w[3]" + ")" * 9
    for expression in (deep, "+".join(["some_name*w[0]"] * 30), "softmax(w)[1]*some_name", "some_name**1e308"):
        ran = run(command, expression, "some_name=0.123456789", "w=" + ",".join(f"{k}.123456789" for k in range(12)))
        assert ran.code == 0 and ran.err == ""
        if command != "draw" or "softmax" not in expression:  # an operation of many numbers is one line of a drawing
            assert max(map(len, ran.out.splitlines())) <= 80


def test_what_a_deep_drawing_puts_below_is_there_once() -> None:
    lines = run("draw", "tanh(0.1234*" * 9 + "x*sin(x*x)" + ")" * 9, "x=0.5").out.splitlines()
    below = [line.split("─ ")[-1].removesuffix(", below") for line in lines if line.endswith(", below")]
    made = [re.sub(r".*─ ", "", line).split(" = ")[0] for line in lines if " = " in line]
    assert below and {*below} <= {*made} and len({*made}) == len(made) and max(map(len, lines)) <= 80
    assert len(made) == 9 * 2 + 3


NEEDED = ["cffi>=1.17", 'mpmath>=1; extra == "demo"', "no-such-library>=1; extra == 'sums'", 'ruff>=1; extra == "dev"']


def test_info() -> None:
    ran = run("info")
    folder = os.path.dirname(sg.__file__)
    assert ran.code == 0 and ran.err == "" and max(map(len, ran.out.splitlines())) <= 80 + len(folder)
    text = " ".join(ran.out.split())
    assert f"scalargrad {sg.__version__}, in {folder}" in text
    assert f"backend {sg.backend()}" in text and f"Python {platform.python_version()}" in text
    assert f"CPU path {core.simd() or 'none'}" in text


def test_info_about_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "requires", lambda name: NEEDED)
    text = " ".join(run("info").out.split())
    assert f"[demo] mpmath {metadata.version('mpmath')} [sums]" in text and "cffi" not in text
    assert "[sums] no-such-library is not installed: pip install 'scalargrad[sums]' installs it" in text
    assert "[dev], to work on scalargrad with" in text and "ruff" not in text

    def missing(name: str) -> Any:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", missing)
    assert "extras unknown: this copy is not installed" in " ".join(run("info").out.split())


def test_the_extras_of_developers_are_extras() -> None:
    page = (ROOT / "pyproject.toml").read_text().split("\n[project.optional-dependencies]\n")[1].split("\n[")[0]
    extras = re.findall(r"^(\w+) = \[", page, re.MULTILINE)
    assert {*info._OF_DEVELOPERS} <= {*extras}
    assert {*extras} - {*info._OF_DEVELOPERS} == {"demo", "tables", "sparse", "png", "graphviz"}


# --- the process ------------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_a_process() -> None:
    command = [sys.executable, "-m", "scalargrad", "explain", EXPRESSION, "x=1.5"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert (done.returncode, done.stdout, done.stderr) == (0, EXPLAIN, "")


@pytest.mark.once
def test_what_is_imported() -> None:
    """The version needs neither arrays of the commands nor the ledger; a derivative needs no demo and no drawing; the
    versions of libraries are known without them."""
    program = "import sys, scalargrad.__main__ as m\ntry: m.main({!r})\nexcept SystemExit: pass\n" \
              "print([name for name in {!r} if name in sys.modules])"  # fmt: skip
    light = [f"scalargrad.{name}" for name in ("ledger", "look", "demos", "commands.expression")]
    for words, heavy in (
        (["--version"], [*light, "inspect"]),
        (["grad", "x", "x=1"], ["scalargrad.demos", "scalargrad.ledger", "scalargrad.look", "numpy", "rich"]),
        (["info"], [*light, "numpy", "sklearn", "matplotlib", "rich", "pandas", "scipy", "graphviz"]),
    ):
        done = subprocess.run([sys.executable, "-c", program.format(words, heavy)], capture_output=True, text=True)
        assert done.stdout.splitlines()[-1] == "[]", (words, done)


@pytest.mark.once
def test_the_readme_shows_what_a_command_prints() -> None:
    shown = re.findall(r"^```\n\$ scalargrad (.*)\n((?:.*\n)*?)```$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert shown
    for words, printed in shown:
        assert run(*shlex.split(words)) == (0, printed, "")
