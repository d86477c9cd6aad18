"""The mutation check itself is kept up: what it breaks is there, and what it draws is as described."""

from __future__ import annotations

import ast
import itertools
import textwrap
from pathlib import Path

import pytest

from scalargrad.ledger.rows import LEDGER
from tests.mutation import forms, trees, works
from tests.mutation.__main__ import sources
from tests.mutation.draw import Mutant, bare, draws
from tests.mutation.equivalent import EQUIVALENT
from tests.mutation.ledger import MUTANTS, lost
from tests.mutation.ledger_list import OfTable
from tests.mutation.scope import FOCUS, focus

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.once


def test_every_row_has_three_mutants_and_tests() -> None:
    for row in LEDGER:
        assert sum(mutant.row == row.id for mutant in MUTANTS) >= 3, row.id
        assert trees.tests_of(row.id)
        assert any("/calculus/" in mutant.file for mutant in MUTANTS if mutant.row == row.id), row.id


def test_what_a_mutant_breaks_is_there_once() -> None:
    """Change tests/mutation/ledger_list.py along with a closed form; rows of the table are found by name and field."""
    assert [(str(m), reason) for m in MUTANTS if (reason := lost(m))] == []
    for m in MUTANTS:
        compile(m.apply((ROOT / m.file).read_text()), m.file, "exec")


def test_a_mutant_of_the_table_breaks_its_field_alone() -> None:
    source = (ROOT / "scalargrad/table/ops.py").read_text()
    assert OfTable("A1", "exp", (("partial 0", "-z"),)).apply(source) == source.replace(
        '"libm.exp(x)", "z"', '"libm.exp(x)", "-z"'
    )
    with pytest.raises(LookupError, match="no partial 1 of exp"):
        OfTable("A1", "exp", (("partial 1", "-z"),)).apply(source)


def test_a_function_that_is_compiled_anew_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what kills a mutant of a closed form, or of a row's work, is what was changed."""
    monkeypatch.setattr(forms, "DRAWS", 1)
    reached = forms._reached()
    for form in (*forms.forms(), *forms.of_rows()):
        own, again = form.function.__code__, forms._code(form.tree, form.function)
        assert again is not None, form.name
        form.function.__code__ = again
        try:
            assert not forms.killed(reached.get(own, [])), form.name
        finally:
            form.function.__code__ = own


def test_the_command_notices_a_sample_of_wrong_forms_and_steps(capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m tests.mutation --forms` tries all of them."""
    assert forms.check_all(every=37) == 0, capsys.readouterr().out


def test_a_mutant_that_nobody_notices_survives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "killed", lambda rows: False)
    for kind in ([form for form in forms.forms() if form.name == "losses.mse"],
                 [form for form in forms.of_rows() if form.name == "layers._c7"]):  # fmt: skip
        assert forms.check("it", kind, (), 1) == len(list(forms.mutants(kind[0]))) > 3
    known = [("losses.mse", "", "whatever it is"), ("losses.mse", "no such change", "it is gone")]
    mse = [form for form in forms.forms() if form.name == "losses.mse"]
    assert forms.check("it", mse, known, 1) == 1  # the reason that no mutant needs


def test_what_a_row_expects_is_told_from_its_inputs_and_scales() -> None:
    text = """
        def f(work):
            (x,) = work.draw(x="n")
            u = [2.0 * t for t in x]
            slope, size = 0.5, 3.0
            own = engine_gradient(g, u)
            for what, wrong, again in (("a", -slope, own), ("b", slope + 1.0, own)):
                work.refuted(what, wrong, helper(u), own, size, 1, again)
            work.step("y", "y", product(u, slope), own, size)
    """
    (tree,) = ast.parse(textwrap.dedent(text)).body
    assert isinstance(tree, ast.FunctionDef)
    sources, (mine, others) = works._Sources(tree, {"helper", "f"}), works._recorded(tree)
    found, called = sources.reached(mine)
    assert [ast.unparse(works.at(place)) for place in found] == [
        "product(u, slope)", "wrong", "helper(u)", "0.5", "[2.0 * t for t in x]", "-slope", "slope + 1.0",
        "work.draw(x='n')",
    ]  # fmt: skip
    assert called == {"helper"}
    taken = {ast.unparse(works.at(place)) for place in sources.reached(others)[0]}
    assert {"[2.0 * t for t in x]", "own", "again", "engine_gradient(g, u)"} <= taken and "0.5" not in taken


def test_the_line_of_an_equivalent_mutant_is_there() -> None:
    for (file, line, new), reason in EQUIVALENT.items():
        assert line in [text.strip() for text in (ROOT / file).read_text().splitlines()], (file, line)
        assert new != line and len(reason) > 10


def test_every_source_has_tests_that_are_about_it() -> None:
    python, c = sources([])
    assert len(python) > 50 and len(c) > 20
    for file in [*python, *c]:
        if not file.endswith("__init__.py"):
            assert trees.files_of(focus(file)), file
    patterns = {pattern for patterns in FOCUS.values() for pattern in patterns}
    assert [pattern for pattern in patterns if not trees.files_of([pattern])] == []


def test_a_draw_is_seeded_and_every_mutant_of_it_another_program(tmp_path: Path) -> None:
    pytest.importorskip("universalmutator")
    source = '"""Two."""\n\n\ndef f(x: int) -> int:\n    # one + two\n    return x + 2\n'
    (tmp_path / "f.py").write_text(source)

    def drawn(seed: int) -> list[Mutant]:
        return list(itertools.islice(draws(tmp_path, ["f.py"], seed, lambda _, text: bare(text)), 4))

    assert drawn(1) == drawn(1)
    assert "f.py:6: return x + 2  ->  return x - 2" in {str(m) for seed in range(30) for m in drawn(seed)}
    for mutant in drawn(1):
        assert bare(mutant.apply(source)) not in (None, bare(source)) and mutant.line != 5


def test_a_docstring_and_an_annotation_mean_nothing() -> None:
    assert bare('def f(x: int) -> int:\n    """One."""\n    return x') == bare("def f(x):\n    return x")
    assert bare("def f(x):\n    return x") != bare("def f(x):\n    return -x")
    assert bare("def f(:") is None
