"""What a row draws: each input from a stream of its own, so that a number that is given changes no other one."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scalargrad.errors import ArgumentError
from scalargrad.ledger.chapters.elementwise import DOMAINS
from scalargrad.ledger.row import Erratum, Row
from scalargrad.ledger.rows import ERRATA, LEDGER, check
from scalargrad.ledger.work import Work
from scalargrad.transforms.containers import flat
from tests.support import formulas
from tests.support.formulas import own

pytestmark = pytest.mark.once  # tests/test_formulas.py tries the rows on either backend

ALL: tuple[Row | Erratum, ...] = (*LEDGER, *ERRATA)
rows = pytest.mark.parametrize("row", [row for row in LEDGER if row.id[0] in "ABC"], ids=lambda row: row.id)
run, refused = formulas.run, formulas.refused
SEEDS = st.integers(0, 10**6)


def work(seed: int, **given: Any) -> Work:
    return Work(random.Random(seed), given)


def begins(x: Any, whole: Any) -> bool:
    """Whether nested lists are those of a larger one as far as both go."""
    return all(begins(*pair) for pair in zip(x, whole)) if isinstance(x, list) else bool(x == whole)


# --- one stream an input ----------------------------------------------------------------------------------------------


@given(SEEDS, st.integers(1, 6), st.integers(1, 6))
def test_a_length_that_is_given_cuts_or_adds_to_what_is_drawn(seed: int, n: int, k: int) -> None:
    """Row by row, so that a matrix keeps its corner."""
    plain = work(seed).draw(X="m n", W="n k", b="k", s="")
    x, w, b, s = work(seed, b=[0.5] * k).draw(X="m n", W="n k", b="k", s="")
    assert x == plain[0] and b == [0.5] * k and s == plain[3]
    assert begins(w, plain[1]) and begins(plain[1], w) and len(w) == len(plain[1])
    x, w, b, s = work(seed, X=[[0.5] * n]).draw(X="m n", W="n k", b="k", s="")
    assert begins(w, plain[1]) and (b, s) == (plain[2], plain[3])


@given(SEEDS)
def test_the_order_of_inputs_does_not_matter(seed: int) -> None:
    first, second = work(seed), work(seed)
    x, y = first.draw(x="n", y="m")
    assert [y, x] == second.draw(y="m", x="n")
    assert work(seed).choose("f") == (second.choose("f"), second.choose("g"))[0]


def test_inputs_of_one_shape_differ() -> None:
    for seed in range(20):
        x, y, a = work(seed).draw(least=2, x="n", y="n", A="n n")
        assert len(set(flat([x, y, a]))) == 2 * len(x) + len(x) ** 2


@rows
def test_one_number_that_is_given_redraws_no_other(row: Row) -> None:
    """Every input of a row, given as it is drawn or with other numbers of its shape, leaves the rest as it is."""
    for seed in (0, 1):
        plain = own(check(row, seed=seed))
        for name, x in plain.items():
            if not isinstance(x, str):
                other = [[0.5 for _ in r] if isinstance(r, list) else 0.5 for r in x] if isinstance(x, list) else 0.5
                again = own(check(row, {name: other}, seed))
                assert again == {**plain, name: other}, name
    if row.id == "A1":
        assert own(check(row, {"x": 0.5}, 3)) == {**own(check(row, seed=3)), "x": 0.5}


def test_a_bias_of_a_network_redraws_no_weight() -> None:
    """Of as many hidden units, or with more or fewer of them."""
    plain = own(check("D3"))
    hidden = len(plain["b1"])
    same = own(check("D3", {"b1": [-5.0] * hidden}))
    assert same == {**plain, "b1": [-5.0] * hidden}
    for count in (hidden + 1, max(hidden - 1, 1)):
        other = own(check("D3", {"b1": [-5.0] * count}))
        assert all(begins(other[name], plain[name]) for name in ("X", "W1", "W2", "b2", "classes"))


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.id)
def test_rows_hold_on_many_seeds(each: Row | Erratum) -> None:
    for seed in range(1000, 1040):
        assert check(each, seed=seed).misses == []


# --- numbers in a domain ----------------------------------------------------------------------------------------------


@given(st.sampled_from(sorted(DOMAINS)), st.floats(-1e6, 1e6))
def test_what_is_drawn_for_a_function_is_in_its_domain(name: str, x: float) -> None:
    domain = DOMAINS[name]
    if name == "log1p" or domain.within(-7.0) == -7.0:  # drawn between -3 and 3
        x = max(min(x, 3.0), -3.0)
    at = domain.within(x)
    assert domain.has(at)
    checked = check("B11", {"f": name, "x": [at]})
    assert checked.inputs["x"] == [at] and checked.misses == []


@example("digamma", 5e-324)
@example("digamma", 1e-160)
@example("log1p", 710.0)
@example("gelu", -37.0)
@example("gelu_tanh", 2000.0)
@given(st.sampled_from(sorted(DOMAINS)), st.floats(-2000.0, 2000.0))
def test_a_number_is_taken_as_it_is_or_refused_by_name(name: str, x: float) -> None:
    domain = DOMAINS[name]
    if domain.has(x):
        assert check("B11", {"f": name, "x": [x]}).misses == []
        return
    with pytest.raises(ArgumentError) as told:
        check("B11", {"f": name, "x": [x]})
    assert str(told.value) == f"x must be {domain.rule} for f = {name}, got {x:g}"


def test_every_function_of_b11_is_drawn_within_its_domain() -> None:
    found: dict[str, int] = {}
    for seed in range(300):
        checked = check("B11", seed=seed)
        found[checked.inputs["f"]] = found.get(checked.inputs["f"], 0) + 1
        if domain := DOMAINS.get(checked.inputs["f"]):
            assert all(map(domain.has, checked.inputs["x"]))
    assert found.keys() == set(checked.inputs["choices of f"])
