"""The mutation check itself is kept up: what it breaks is there, and what it draws is as described."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from scalargrad.ledger.rows import LEDGER
from tests.mutation import trees
from tests.mutation.__main__ import sources
from tests.mutation.draw import Mutant, bare, draws
from tests.mutation.equivalent import EQUIVALENT
from tests.mutation.ledger import lost
from tests.mutation.ledger_list import MUTANTS, OfTable
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
