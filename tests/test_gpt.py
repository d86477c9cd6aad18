"""The demo `gpt`: microgpt's losses and names, and the same numbers in both of its forms."""

from __future__ import annotations

import math
import random
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from benchmarks import microgpt
from scalargrad import optim
from scalargrad.datasets import load_names
from scalargrad.demos.gpt import bulk, scalar
from scalargrad.demos.gpt.demo import FORMS, Gpt, drawn
from scalargrad.demos.gpt.sizes import Sizes
from scalargrad.errors import ArgumentError

# what microgpt prints of its 1,000 steps on our names, here with all digits; and the names that it invents then
PUBLISHED = {
    1: 3.396186163558503, 2: 3.27944377498138, 3: 3.175664580155237, 4: 3.305831226741021, 5: 3.504912565213378,
    6: 3.363927395879913, 7: 3.2568204041220845, 8: 3.522781158075823, 9: 3.2527390847843787, 10: 3.4799890876300625,
    50: 3.5202998260647624, 100: 2.206040433923726, 200: 2.3258678188423603, 300: 2.1090432574712086,
    400: 2.8158163733993695, 500: 2.4883099024687847, 600: 3.0630273348248207, 700: 2.3318738194129325,
    800: 2.34344941483069, 900: 1.6318086723132295, 1000: 2.1465835095556973,
}  # fmt: skip
INVENTED = [
    "shela", "marin", "selele", "lela", "arynen", "tosha", "ho", "noria", "elerina", "sherin",
    "lely", "nana", "elenia", "sovis", "elane", "larin", "sela", "darice", "corie", "lolde",
]  # fmt: skip
WORDS = ["abc", "edcba", "aaaaaaa", "b", "deed"]  # one has more characters than the block
SETTINGS = {"width": 6, "heads": 2, "layers": 2, "block": 5}
SMALL = Sizes(6, **SETTINGS)
# Between the weights and a loss are some 34,000 operations: roundings of 1.1e-16 add up to 4e-12 at the worst, and to
# 2e-14 if they are random. What cancels, a gradient or a weight near 0, is compared with the largest, which is below 1.
same = partial(pytest.approx, rel=1e-12)


def small(form: str, **settings: Any) -> Gpt:
    return Gpt(3, WORDS, form, **{**SETTINGS, **settings})


# --- microgpt's numbers ----------------------------------------------------------------------------------------------


@pytest.mark.slow_in_python
def test_the_losses_and_names_of_microgpt() -> None:
    demo = Gpt(42, load_names())
    assert len(demo.parameters()) == 4192
    told = list(demo.tell(1000))
    assert {step: demo.losses[step - 1] for step in PUBLISHED} == same(PUBLISHED)
    demo.verdict()
    assert demo.invented == INVENTED
    assert [k + 1 for k, each in enumerate(told) if each.line] == [1, 200, 400, 600, 800]
    assert sg.mean(demo.losses[-100:]) < 2.4 < 3.2 < sg.mean(demo.losses[:10])


@pytest.mark.parametrize("form", FORMS)
def test_the_first_losses_of_microgpt(form: str) -> None:
    losses = [*islice(Gpt(42, load_names(), form).train(1000), 10)]
    assert losses == same([PUBLISHED[step] for step in range(1, 11)])


def test_what_is_told_meanwhile_changes_nothing() -> None:
    silent, telling = small("matrix"), small("matrix")
    losses = [*silent.train(10)]
    silent.verdict()
    told = [*telling.tell(10)]
    telling.verdict()
    assert sum(bool(each.line) for each in told) == 5
    assert telling.losses == losses and telling.invented == silent.invented


# --- any engine, number by number ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sizes", "tokens", "steps"), [
    (Sizes(27), [[26, 0, 13, 13, 0, 26], [26, 25, 14, 4, 26]], 3),
    (SMALL, [[5, 0, 1, 2, 3, 4], [5, 3, 3, 5], [5, 5]], 12),
])  # fmt: skip
def test_a_value_is_a_number_of_microgpt(sizes: Sizes, tokens: list[list[int]], steps: int) -> None:
    """The same lines on an engine like microgpt's, with its Adam: losses, gradients and weights, step by step."""
    random.seed(5)
    theirs = scalar.Gpt(sizes, microgpt.Value)
    adam = microgpt.Adam(theirs.parameters())
    random.seed(5)
    ours = scalar.Gpt(sizes, sg.Value)
    optimiser = optim.Adam(ours.parameters(), lr=0.01, betas=(0.85, 0.99))
    for step in range(steps):
        text = tokens[step % len(tokens)]
        loss, reference = ours.loss(text), theirs.loss(text)
        assert loss.data == same(reference.data)
        optimiser.zero_grad()
        loss.backward()
        reference.backward()
        assert [p.grad for p in ours.parameters()] == same([p.grad for p in theirs.parameters()], abs=1e-14)
        optimiser.lr = 0.01 * (1 - step / 20)
        optimiser.step()
        adam.step(optimiser.lr)
        assert [p.data for p in ours.parameters()] == same([p.data for p in theirs.parameters()], abs=1e-12)


def test_the_first_weights_are_drawn_in_the_order_of_microgpt() -> None:
    random.seed(5)
    drawn = [random.gauss(0.0, 0.08) for _ in range(2000)]
    for form in FORMS.values():
        random.seed(5)
        weights = [p.data for p in form(SMALL).parameters()]
        assert weights == drawn[: len(weights)]
        assert len(weights) == 2 * 6 * 6 + 5 * 6 + 2 * (4 * 6 * 6 + 2 * 24 * 6)
        assert random.gauss(0.0, 0.08) == drawn[len(weights)]


# --- both forms ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [
    {}, {"layers": 1}, {"heads": 1}, {"heads": 6}, {"width": 1, "heads": 1}, {"block": 1}, {"rate": 0.1},
    {"layers": 3, "width": 9, "heads": 3, "block": 4},
])  # fmt: skip
def test_both_forms_compute_the_same_numbers(settings: dict[str, Any]) -> None:
    matrix, numbers = small("matrix", **settings), small("numbers", **settings)
    for loss, other in zip(matrix.train(5), numbers.train(5)):
        assert loss == same(other)
        assert [p.grad for p in matrix.parameters()] == same([p.grad for p in numbers.parameters()], abs=1e-13)
    assert [matrix.invent() for _ in range(5)] == [numbers.invent() for _ in range(5)]


@pytest.mark.parametrize("form", FORMS)
def test_a_reader_gives_the_scores_that_the_loss_is_of(form: str) -> None:
    demo = small(form)
    tokens = demo.text.tokens(1)[:6]
    read, losses = demo.model.reader(), []
    for token, following in pairwise(tokens):
        scores = [float(getattr(score, "data", score)) for score in read(token)]
        losses.append(math.log(sum(map(math.exp, scores))) - scores[following])
    assert demo.model.loss(tokens).data == same(sum(losses) / 5)
    with pytest.raises(IndexError):
        read(0)


def test_a_reader_computes_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a token costs as much as it has tokens before it, and not their square."""
    read, whole, shapes = small("matrix", block=9).model.reader(), bulk.Layer.weights, []

    def weights(layer: bulk.Layer, y: sg.Matrix, keys: sg.Matrix, heads: Any) -> sg.Matrix:
        shapes.append((len(y), len(keys)))
        return whole(layer, y, keys, heads)

    monkeypatch.setattr(bulk.Layer, "weights", weights)
    for _ in range(9):
        read(0)
    assert shapes == [(1, k) for k in range(1, 10) for _ in range(2)]


def test_no_token_sees_a_later_one() -> None:
    model: bulk.Gpt = small("matrix").model
    shares = model.attention([5, 0, 1, 2])
    assert [len(layer) for layer in shares] == [2, 2]
    for head in (head for layer in shares for head in layer):
        for k, row in enumerate(head):
            assert sum(row) == same(1.0) and len(row) == 4
            assert row[k + 1 :] == [0.0] * (3 - k) and all(share > 0.0 for share in row[: k + 1])
    before, after = model([5, 0, 1, 2]).data, model([5, 0, 1, 4]).data
    assert before[:3] == after[:3] and before[3] != after[3]


def test_attention_is_the_softmax_of_queries_and_keys() -> None:
    """Of the second head, by hand."""
    model: bulk.Gpt = small("matrix", layers=1).model
    (layer,) = model.layers
    x = layer.norm(model.norm(model.tokens[[5, 0, 1]] + model.positions[:3])).data
    query, key = ([[sum(w * a for w, a in zip(row, token)) for row in weight.data[3:]] for token in x]
                  for weight in (layer.query, layer.key))  # fmt: skip
    for k, row in enumerate(model.attention([5, 0, 1])[0][1]):
        powers = [math.exp(sum(map(float.__mul__, query[k], key[t])) / math.sqrt(3.0)) for t in range(k + 1)]
        assert row[: k + 1] == same([power / sum(powers) for power in powers])


# --- in the middle of a run ------------------------------------------------------------------------------------------


def test_a_run_that_is_saved_and_loaded_continues_to_the_same_bits(tmp_path: Path) -> None:
    """The demo keeps nothing in files; what it is made of does, and a loop of one's own may."""
    whole, first, second = small("matrix"), small("matrix"), small("matrix", rate=0.5)
    for p in second.parameters():
        p.data = 0.0

    def steps(demo: Gpt, scheduler: optim.LinearLR, which: range) -> list[float]:
        found = []
        for step in which:
            loss = demo.model.loss(demo.text.tokens(step)[:6])
            demo.optimiser.zero_grad()
            loss.backward()
            demo.optimiser.step()
            scheduler.step()
            found.append(loss.data)
        return found

    def parts(demo: Gpt) -> dict[str, Any]:
        return {
            "model": demo.model,
            "optimiser": demo.optimiser,
            "scheduler": optim.LinearLR(demo.optimiser, 1.0, 0.0, 12),
        }

    losses = [*whole.train(12)]
    random.seed(7)
    whole.rng = first.rng = second.rng = random  # type: ignore[assignment]
    names = [whole.invent() for _ in range(3)]

    path, of_first, of_second = tmp_path / "run.json", parts(first), parts(second)
    assert steps(first, of_first["scheduler"], range(7)) == losses[:7]
    random.seed(7)
    sg.save(path, **of_first, rng=True, extra={"step": 7})
    random.seed(8)
    done = sg.load(path, **of_second, rng=True)["step"]
    state = random.getstate()
    assert steps(second, of_second["scheduler"], range(done, 12)) == losses[7:]
    random.setstate(state)
    assert [second.invent() for _ in range(3)] == names


@pytest.mark.parametrize("form", FORMS)
def test_a_rate_that_is_too_large_is_an_error(form: str) -> None:
    demo = small(form, rate=1e200)
    with pytest.raises(ArgumentError, match=r"the loss became (nan|inf) at step \d: use a smaller --rate"):
        [*demo.train(9)]
    with pytest.raises(ArgumentError, match=r"the scores of a character became nan: use a smaller --rate"):
        drawn([1.0, math.nan], 0.5, random.Random(1))


# --- what is drawn ---------------------------------------------------------------------------------------------------


def test_the_temperature_divides_the_scores() -> None:
    scores = [1.0, 3.0, -1.0]
    rng = random.Random(2)
    assert {drawn(scores, 1e-300, rng) for _ in range(20)} == {1}
    for temperature in (0.5, 4.0):
        powers = [math.exp(score / temperature) for score in scores]
        counts = [0] * 3
        for _ in range(4000):
            counts[drawn(scores, temperature, rng)] += 1
        for count, power in zip(counts, powers):
            p = power / sum(powers)
            assert abs(count - 4000 * p) < 5 * math.sqrt(4000 * p * (1 - p)) + 1


def test_a_seed_settles_everything() -> None:
    first, second, other = (Gpt(seed, WORDS, **SETTINGS) for seed in (5, 5, 6))
    assert first.text.documents == second.text.documents and first.text.documents != WORDS
    assert [p.data for p in first.parameters()] == [p.data for p in second.parameters()]
    assert [p.data for p in first.parameters()] != [p.data for p in other.parameters()]
