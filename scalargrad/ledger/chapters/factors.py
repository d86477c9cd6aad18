"""Chapter E of the ledger, layers and networks: factors of a wrong shape, in a wrong order, or without the 1/N.

A wrong shape stands as it is printed beside the array that is meant. A product that does not conform has no numbers:
it is tried once more on the leading square blocks, where it has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.calculus.shapes import product, shape, transpose
from scalargrad.ledger.chapters.networks import NAMES, network_scale
from scalargrad.ledger.engine import (
    cross_entropy,
    engine_four_index,
    engine_gradient,
    engine_jacobian,
    engine_value,
    linear,
    sizes,
    weighted,
)
from scalargrad.ledger.work import Work
from scalargrad.transforms.containers import mapped


def _in_order(work: Work, names: tuple[str, str], first: Any, last: Any, meant: Callable[[Any, Any], Any],
              engine: Callable[[Any, Any], Any], note: str = "") -> None:  # fmt: skip
    """A product of two matrices where another form is meant: as it stands, and on the leading square blocks.

    `names` are those of the result and of the product. The product has numbers where it conforms.
    """
    result, written = names
    (m, n), (rows, k) = shape(first), shape(last)
    q = min(m, n, rows, k)
    right = meant(first, last)
    height, width = shape(right)
    scale, count = meant(sizes(first), sizes(last)), max(m, n, rows, k)
    if n == rows:
        work.refuted(f"{result} = {written}{note}", product(first, last), right, engine(first, last), scale, count,
                     engine_value(linear, first, last), product(sizes(first), sizes(last)))  # fmt: skip
    else:
        work.refuted(f"{result} = {written}{note}", f"{written} is ({m}×{n})({rows}×{k}): it does not conform, and"
                     f" {result} is {height}×{width}", right, engine(first, last), scale, count)  # fmt: skip
    if 1 < q < count:
        a, b = ([r[:q] for r in x[:q]] for x in (first, last))
        work.refuted(f"of the leading {q}×{q} blocks, where it conforms: {result} = {written}", product(a, b),
                     meant(a, b), engine(a, b), meant(sizes(a), sizes(b)), q, engine_value(linear, a, b),
                     product(sizes(a), sizes(b)))  # fmt: skip


def _pulled_back(first: Any, g: Any) -> Any:
    """XᵀG."""
    return c.linear_backward(first, [[0.0] * len(g[0]) for _ in first[0]], g)[1]


def _own_pulled_back(first: Any, g: Any) -> Any:
    return engine_gradient(lambda v: weighted(linear(first, v), g), [[0.0] * len(g[0]) for _ in first[0]])


def e1(work: Work) -> None:
    x, w, g = work.draw(least=2, most=3, apart="m n", X="m n", W="n k", G="m k")
    m, n, k = (work.sizes[axis] for axis in "mnk")
    right, engine = c.linear_jacobian_by_weights(x, k), engine_four_index(lambda v: linear(x, v), w)
    step = [[[[x[i][r] if s == r and j == s else 0.0 for s in range(k)] for r in range(n)] for j in range(k)]
            for i in range(m)]  # fmt: skip
    masked = [[[[item * (r == s) for s, item in enumerate(line)] for r, line in enumerate(block)] for block in blocks]
              for blocks in engine]  # fmt: skip
    work.refuted("∂Y_ij/∂W_rs = X_ir ∂W_sj/∂W_rs, which is “1 only where s = r and j = s”: ∂W_rj/∂W_rs is meant", step,
                 right, engine, again=masked)  # fmt: skip
    own = [[blocks[0][r][0] for r in range(n)] for blocks in engine]
    work.refuted("∂Y/∂W = X, an m×n matrix, where ∂Y/∂W is m×k×n×k", x, right, engine, again=own)
    as_x = [[[[x[i][r] for s in range(k)] for r in range(n)] for j in range(k)] for i in range(m)]
    spread = [[[[sum(line)] * k for line in block] for block in blocks] for blocks in engine]
    work.refuted("∂Y_ij/∂W_rs = X_ir whatever j and s, which is what “∂Y/∂W = X” keeps", as_x, right, engine,
                 again=spread)  # fmt: skip
    three = [[[item] * k for item in r] for r in x]
    own = [[[blocks[s][r][s] for s in range(k)] for r in range(n)] for blocks in engine]
    work.refuted("∂Y/∂W as a tensor m×n×k, which has no j: X_ir at i, r, s", three, right, engine, again=own)
    work.refuted("each element ∂Y_ij/∂W_rs “is an m×n×k tensor”: it is a number, here ∂Y_00/∂W_00", three,
                 right[0][0][0][0], engine[0][0][0][0], again=own)  # fmt: skip
    work.refuted("∂Y/∂W as a tensor m×k×n, which has no s: X_ir at i, j, r", [[list(r)] * k for r in x], right, engine,
                 again=[[[blocks[j][r][j] for r in range(n)] for j in range(k)] for blocks in engine])  # fmt: skip
    _in_order(work, ("∂L/∂W", "G Xᵀ"), g, transpose(x), lambda a, b: _pulled_back(transpose(b), a),
              lambda a, b: _own_pulled_back(transpose(b), a),
              ", transposed as the text says, which gives no order for grad_y = G")  # fmt: skip
    _in_order(work, ("∂L/∂W", "X G"), x, g, _pulled_back, _own_pulled_back,
              ", as “∂Y/∂W = X” stands, before the text adds the transpose")  # fmt: skip


def e3(work: Work) -> None:
    scores, classes = work.draw(least=2, most=3, scores="N K", classes="N<K")
    p = [c.softmax(r) for r in scores]
    wrong = [[item - (j == one) for j, item in enumerate(r)] for r, one in zip(p, classes)]
    size = [[item + (j == one) for j, item in enumerate(r)] for r, one in zip(p, classes)]
    engine = engine_gradient(lambda v: cross_entropy(v, classes), scores)
    each = [engine_gradient(lambda v: cross_entropy([v], [one]), r) for r, one in zip(scores, classes)]
    work.refuted(f"p - onehot, for a mean over N = {len(p)} rows", wrong, c.cross_entropy_gradient(scores, classes),
                 engine, [[item / len(p) for item in r] for r in size], len(p[0]), each, size)  # fmt: skip
    _four_gradients(work, classes)


def _four_gradients(work: Work, classes: list[int]) -> None:
    """∂L/∂h1 and all four gradients of a two-layer network with p - onehot for the mean: too large by N."""
    x, w1, b1, w2, b2, _ = work.draw(1.0, least=2, most=3, X="N D", W1="D H", b1="H", W2="H K", b2="K", reg="")
    b1 = work.default("b1", [abs(item) + len(w1) for item in b1])  # larger than any sum, so that all are active
    parameters, count = (w1, b1, w2, b2), len(x)
    work.sides(c.linear(x, w1, b1), engine_value(linear, x, w1, b1), c.linear(sizes(x), sizes(w1), sizes(b1)),
               len(w1) + 1)  # fmt: skip
    z = c.linear(x, w1, b1)
    h = [[c.relu(item) for item in r] for r in z]
    scores = c.linear(h, w2, b2)
    s = [[item - (j == one) for j, item in enumerate(c.softmax(r))] for r, one in zip(scores, classes)]
    by_h, by_w2, by_b2 = c.linear_backward(h, w2, s)
    t = [[item * c.relu_derivative(at) for item, at in zip(*rows)] for rows in zip(by_h, z)]
    _, by_w1, by_b1 = c.linear_backward(x, w1, t)

    def last(h: Any, w2: Any, b2: Any) -> Any:
        return cross_entropy(linear(h, w2, b2), classes)

    def mean(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        return last([[sg.relu(item) for item in r] for r in linear(x, w1, b1)], w2, b2)

    scale, n = network_scale(x, *parameters)
    # p is off by its own roundings, and by a relative error of twice its largest score's
    most = [1.0 + 2.0 * max(r) for r in c.linear(sizes(h), sizes(w2), sizes(b2))]
    largest = [[(p * top + (j == one)) / count for j, p in enumerate(c.softmax(r))]
               for r, one, top in zip(scores, classes, most)]  # fmt: skip
    size = c.linear_backward(h, sizes(w2), largest)[0]
    own = engine_gradient(lambda v: last(v, w2, b2), h)
    work.refuted("∂L/∂h1 = S W2ᵀ from S = p - onehot: N times too large", by_h,
                 c.linear_backward(h, w2, c.cross_entropy_gradient(scores, classes))[0], own, size, n,
                 mapped(lambda item: item * count, own), mapped(lambda item: item * count, size))  # fmt: skip
    right, engine = c.two_layer_gradients(x, classes, *parameters), engine_gradient(mean, *parameters)
    summed = engine_gradient(lambda *ws: mean(*ws) * float(count), *parameters)
    larger = mapped(lambda item: item * count, scale)
    for k, (name, wrong) in enumerate(zip(NAMES, (by_w1, by_b1, by_w2, by_b2))):
        work.refuted(f"{name} from S = p - onehot: N times too large", wrong, right[k], engine[k], scale[k], 2 * n,
                     summed[k], larger[k])  # fmt: skip

    _used_directly(work, (x, classes, *parameters), (mean, by_w2, right[2]))


def _used_directly(work: Work, network: Any, found: Any) -> None:
    """∂L/∂W2 += 2 reg W2 for a gradient that is N times too large: not even its direction is right."""
    x, classes, w1, b1, w2, b2 = network
    mean, by_w2, right = found
    count = len(x)
    largest = [max(abs(item) for r in matrix for item in r) for matrix in (right, w2)]
    reg = work.default("reg", largest[0] / (2.0 * (largest[1] or 1.0)) or 0.5)  # both terms are as large as each other

    def regular(times: float, share: float) -> Any:
        """The gradient by W2 of so many times the mean and such a share of the regulariser."""
        return engine_gradient(lambda v: mean(w1, b1, v, b2) * times
                               + share * reg * sg.sum([t * t for r in v for t in r]), w2)  # fmt: skip

    right = c.two_layer_gradients(x, classes, w1, b1, w2, b2, reg)[2]
    scale, n = network_scale(x, w1, b1, w2, b2, reg)
    wrong = [[p + q for p, q in zip(*rows)] for rows in zip(by_w2, c.l2_gradient(reg, w2))]
    work.refuted("∂L/∂W2 “usable directly”, += 2 reg W2: the loss weighs N times too much", wrong, right,
                 regular(1.0, 1.0), scale[2], 2 * n, regular(float(count), 1.0), mapped(lambda t: t * count,
                 scale[2]))  # fmt: skip
    work.refuted("the same over N, by a smaller rate: now 2 reg W2 weighs N times too little", mapped(lambda t: t
                 / count, wrong), right, regular(1.0, 1.0), scale[2], 2 * n, regular(1.0, 1.0 / count))  # fmt: skip


def _factor(work: Work, name: str, y: str, upstream: tuple[str, Any], factor: tuple[str, Any], axes: str) -> None:
    """∂Y/∂W as the matrix hᵀ, for a layer Y = hW, and so ∂L/∂W as the upstream gradient S times hᵀ."""
    (s_name, s), (h_name, h) = upstream, factor
    k = len(s[0])
    right, turned = c.linear_jacobian_by_weights(h, k), transpose(h)
    engine = engine_four_index(lambda v: linear(h, v), [[0.0] * k for _ in turned])
    rows, width, samples = axes.split()
    work.refuted(f"∂{y}/∂{name} = {h_name}, {width}×{rows}, where it is {rows}×{samples}×{width}×{samples}", turned,
                 right, engine, again=[[blocks[0][r][0] for blocks in engine] for r in range(len(turned))])  # fmt: skip
    _in_order(work, (f"∂L/∂{name}", f"{s_name} {h_name}"), s, turned, lambda a, b: _pulled_back(transpose(b), a),
              lambda a, b: _own_pulled_back(transpose(b), a))  # fmt: skip


def e10(work: Work) -> None:
    if not work.given:  # lengths with which no product conforms, and no factor is square
        h_size, n_size, d_size = work.random.sample((2, 3, 4), 3)
        work.sizes.update({"H": h_size, "N": n_size, "D": d_size, "K": work.random.choice((n_size, d_size))})
    h, s, _, x, t, _ = work.draw(least=2, most=4, apart="N H K", h="N H", S="N K", W2="H K", X="N D", T="N H",
                                 W1="D H")  # fmt: skip
    _factor(work, "W2", "scores", ("S", s), ("h1ᵀ", h), "N H K")
    _factor(work, "W1", "(XW1 + b1)", ("T", t), ("Xᵀ", x), "N D H")


def e11(work: Work) -> None:
    (x,) = work.draw(least=2, x="n")
    if "x" not in work.given and not any(item > 0.0 for item in x):
        x = [abs(item) for item in x]
        work.note(x=x)
    engine = engine_jacobian(lambda v: [sg.relu(t) for t in v], x)
    right = c.relu_jacobian(x)
    alone = [[engine_gradient(sg.relu, item)] for item in x]
    work.refuted("∂max(0, x)/∂x as a column, n×1, where it is n×n and diagonal",
                 [[c.relu_derivative(item)] for item in x], right, engine, again=alone)  # fmt: skip
    _of_a_matrix(work)


def _of_a_matrix(work: Work) -> None:
    """∂h1/∂(XW1 + b1) as an N×H factor between ∂L/∂h1 and the layer below."""
    z, u = work.draw(least=2, most=3, apart="N H", Z="N H", U="N H")
    if "Z" not in work.given:  # active units and others
        z[0][0], z[0][1] = abs(z[0][0]), -abs(z[0][1])
    rows, width = work.sizes["N"], work.sizes["H"]
    masks = [[c.relu_derivative(item) for item in r] for r in z]
    by_entry = [[r[k : k + width] for k in range(0, rows * width, width)] for r in c.relu_jacobian([item for r in z
                for item in r])]  # fmt: skip
    right = [by_entry[k : k + width] for k in range(0, rows * width, width)]
    engine = engine_four_index(lambda v: [[sg.relu(t) for t in r] for r in v], z)
    own = [[engine[i][j][i][j] for j in range(width)] for i in range(rows)]
    work.refuted("∂h1/∂Z = 1[h1 > 0], N×H, where it is N×H×N×H, with Z = XW1 + b1", masks, right, engine, again=own)

    def by_element(a: Any, b: Any) -> Any:
        return [[p * q for p, q in zip(*both)] for both in zip(a, b)]

    _in_order(work, ("∂L/∂Z", "U 1[h1 > 0]"), u, masks, by_element,
              lambda a, b: engine_gradient(lambda v: weighted([[sg.relu(t) for t in r] for r in v], a),
                                           [r[: len(b[0])] for r in z[: len(b)]]),
              ", a product of matrices with U = ∂L/∂h1, where U ⊙ 1[h1 > 0] is meant")  # fmt: skip

    def whole_mask(a: Any, b: Any) -> Any:
        """Σᵢ (Aᵢ ⊙ B): row i of A with all rows of B."""
        return [[sum(column) * q for column, q in zip(zip(*a), r)] for r in b]

    bias = engine_gradient(lambda b: weighted([[sg.relu(p + q) for p, q in zip(r, b)] for r in z], u), [0.0] * width)
    columns = [sum(map(abs, column)) for column in zip(*u)]
    work.refuted("∂L/∂b1 = Σᵢ (Uᵢ ⊙ 1[h1 > 0]), a mask without its i: N×H, where Σᵢ (Uᵢ ⊙ 1[h1ᵢ > 0]) has H numbers",
                 whole_mask(u, masks), [sum(column) for column in zip(*by_element(u, masks))], bias, columns, rows,
                 whole_mask(engine_value(lambda v: v, u), own), [columns] * rows)  # fmt: skip
