"""Chapter D of the ledger: losses and whole networks."""

from __future__ import annotations

import math
from typing import Any

import scalargrad as sg
from scalargrad import calculus as c
from scalargrad.ledger.chapters import misprints
from scalargrad.ledger.chapters.descent import d7
from scalargrad.ledger.chapters.training import d5, d6, d8
from scalargrad.ledger.engine import cross_entropy, engine_four_index, engine_gradient, engine_value, linear, sizes
from scalargrad.ledger.row import Row, row
from scalargrad.ledger.work import Work


def _d1(work: Work) -> None:
    y, guess = work.draw(y="n", ŷ="n")
    n = len(y)

    def loss(v: Any) -> Any:
        return sg.mean([(a - b) ** 2 for a, b in zip(y, v)])

    engine = engine_gradient(loss, guess)
    squares = [(a - b) ** 2 for a, b in zip(y, guess)]
    work.result("(1/n)Σ(yᵢ - ŷᵢ)²", c.mse(y, guess), engine_value(loss, guess), sum(squares), n)
    work.gradient("∂L/∂ŷᵢ = -(2/n)(yᵢ - ŷᵢ)", lambda layout: c.mse_gradient(y, guess, layout), engine)


def _d2(work: Work) -> None:
    scores, classes = work.draw(least=2, scores="N K", classes="N<K")
    n, k = work.sizes["N"], work.sizes["K"]
    engine = engine_gradient(lambda v: cross_entropy(v, classes), scores)
    p = [c.softmax(r) for r in scores]
    scale = [[(item + (j == one)) / n for j, item in enumerate(r)] for r, one in zip(p, classes)]
    work.step("p = softmax of each row", r"p = \mathrm{softmax}(s)", p, [engine_value(sg.softmax, r) for r in scores],
              p, k)  # fmt: skip
    for_one = [[item - (j == one) for j, item in enumerate(r)] for r, one in zip(p, classes)]
    per_row = [engine_gradient(lambda v: -sg.log_softmax(v)[one], r) for r, one in zip(scores, classes)]
    work.step("of one row, ∂(-log p_class)/∂s = p - onehot",
              r"\frac{\partial(-\log p_y)}{\partial s} = p - \mathrm{onehot}", for_one, per_row, [[item * n
              for item in r] for r in scale], k)  # fmt: skip
    divided = [[item / n for item in r] for r in for_one]
    work.step("the mean over N rows divides by N", r"\frac1N(p - \mathrm{onehot})", divided, engine, scale, k)
    work.result("∂L/∂scores = (p - onehot)/N", c.cross_entropy_gradient(scores, classes), engine, scale, k)
    s = engine_value(sg.sigmoid, -40.0)
    work.besides("∂L/∂scores at [40, 0] of class 0, where p rounds to 1: -s(-40) and s(-40)",
                 c.cross_entropy_gradient([[40.0, 0.0]], [0]), [[-s, s]])  # fmt: skip
    value = engine_value(lambda v: cross_entropy(v, classes), scores)
    top = 1.0 + max(abs(item) for r in scores for item in r) + math.log(k)
    work.result("L = -(1/N) Σ log p_class", c.cross_entropy(scores, classes), value, top, n + k)


_NETWORK = {"X": "N D", "W1": "D H", "b1": "H", "W2": "H K", "b2": "K", "classes": "N<K"}


def network_scale(x: Any, w1: Any, b1: Any, w2: Any, b2: Any, regularisation: float = 0.0) -> tuple[list[Any], int]:
    """The sizes of all terms of the two-layer gradients, from the network with the absolute value of every number.

    The probabilities are off by a relative error of twice the largest score's, so everything is times 1 + twice that.
    """
    a, v1, v2 = sizes(x), sizes(w1), sizes(w2)
    hidden = c.linear(a, v1, sizes(b1))
    most = max(item for r in c.linear(hidden, v2, sizes(b2)) for item in r)
    ones = [[2.0 * (1.0 + 2.0 * most) / len(x)] * len(b2) for _ in x]
    by_h, by_w2, by_b2 = c.linear_backward(hidden, v2, ones)
    _, by_w1, by_b1 = c.linear_backward(a, v1, by_h)
    for by_w, w in ((by_w1, v1), (by_w2, v2)):
        for i, r in enumerate(w):
            by_w[i] = [p + 2.0 * abs(regularisation) * q for p, q in zip(by_w[i], r)]
    return [by_w1, by_b1, by_w2, by_b2], max(len(x), len(w1), len(w2), len(b2))


def _mixed(work: Work, x: Any, w1: Any, b1: Any) -> Any:
    """The biases. Those that are drawn leave some units active and others not, where there is more than one."""
    z = c.linear(x, w1, b1)
    if len({item > 0.0 for r in z for item in r}) == 2:
        return b1
    low, high = min(r[0] for r in z), max(r[0] for r in z)
    # the first unit changes sides on some rows; where there is but one row, on that
    shift = 0.5 * (low + high) if high - low > 1e-3 else low + high if len(b1) > 1 else 0.0
    return work.default("b1", [b1[0] - shift, *b1[1:]])


def _loss_of(x: Any, classes: list[int], regularisation: float) -> Any:
    def loss(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        hidden = [[sg.relu(item) for item in r] for r in linear(x, w1, b1)]
        squares = sg.sum([item * item for w in (w1, w2) for r in w for item in r])
        return cross_entropy(linear(hidden, w2, b2), classes) + regularisation * squares

    return loss


NAMES = ("∂L/∂W1", "∂L/∂b1", "∂L/∂W2", "∂L/∂b2")


def _d3(work: Work) -> None:
    x, w1, b1, w2, b2, classes = work.draw(1.0, 1, 4, "", **_NETWORK)
    b1 = _mixed(work, x, w1, b1)
    parameters = w1, b1, w2, b2
    engine = engine_gradient(_loss_of(x, classes, 0.0), *parameters)
    scale, n = network_scale(x, *parameters)
    z = c.linear(x, w1, b1)
    work.sides(z, engine_value(linear, x, w1, b1), c.linear(sizes(x), sizes(w1), sizes(b1)), len(w1) + 1)
    h = [[c.relu(item) for item in r] for r in z]
    most_z = c.linear(sizes(x), sizes(w1), sizes(b1))
    work.step("h = relu(XW1 + b1)", r"h = \mathrm{relu}(XW_1+b_1)", h, engine_value(lambda v, a: [[sg.relu(item)
              for item in r] for r in linear(x, v, a)], w1, b1), most_z, len(w1) + 1)  # fmt: skip
    scores = c.two_layer_scores(x, *parameters)
    s = c.cross_entropy_gradient(scores, classes)
    k, rows, width = len(b2), len(x), len(b1)
    ones = [[scale[3][j] for j in range(k)] for _ in range(rows)]  # no entry of S is larger
    work.step("∂L/∂scores = S = (p - onehot)/N",
              r"\frac{\partial L}{\partial\,\mathrm{scores}} = S = (p - \mathrm{onehot})/N", s,
              engine_gradient(lambda v: cross_entropy(v, classes), scores), ones, n)  # fmt: skip
    four = c.linear_jacobian_by_weights(h, k)
    work.step("∂scores/∂W2 has four indices, N×K×H×K: h_ir δ_js",
              r"\frac{\partial\,\mathrm{scores}_{ij}}{\partial W_{2,rs}} = h_{ir}\delta_{js}", four,
              engine_four_index(lambda v: linear(h, v), w2))  # fmt: skip
    pulled = [[math.fsum(s[i][j] * four[i][j][r][t] for i in range(rows) for j in range(k)) for t in range(k)]
              for r in range(width)]  # fmt: skip
    work.step("pulled back: Σ_ij S_ij ∂scores_ij/∂W2_rs = (hᵀS)_rs",
              r"\sum_{ij} S_{ij}\frac{\partial\,\mathrm{scores}_{ij}}{\partial W_{2,rs}} = (h^TS)_{rs}", pulled,
              engine[2], scale[2], n)  # fmt: skip
    by_h = c.linear_backward(h, w2, s)[0]
    big = [[max(scale[1])] * width for _ in range(rows)]
    most_h = [[math.fsum(abs(p) * (1 + abs(q)) for p, q in zip(scale[3], r)) for r in w2] for _ in range(rows)]
    work.step("∂L/∂h = SW2ᵀ", r"\frac{\partial L}{\partial h} = SW_2^T", by_h,
              engine_gradient(lambda v: cross_entropy(linear(v, w2, b2), classes), h), most_h, n)  # fmt: skip
    masks = [[c.relu_derivative(item) for item in r] for r in z]
    work.step("relu'(z) = 1[z > 0], which is 1[h > 0], element by element, with z = XW1 + b1",
              r"\mathrm{relu}'(z) = 1[z > 0] = 1[h > 0]", masks,
              [[engine_gradient(sg.relu, item) for item in r] for r in z])  # fmt: skip
    work.step("∂h/∂z has four indices, N×H×N×H: relu'(z_ij) δ_ir δ_js",
              r"\frac{\partial h_{ij}}{\partial z_{rs}} = \mathrm{relu}'(z_{ij})\,\delta_{ir}\delta_{js}",
              [[[[masks[i][j] * (i == r and j == t) for t in range(width)] for r in range(rows)] for j in range(width)]
               for i in range(rows)], engine_four_index(lambda v: [[sg.relu(item) for item in r] for r in v],
              z))  # fmt: skip
    t = [[g * mask for g, mask in zip(*both)] for both in zip(by_h, masks)]

    def of_z(v: Any) -> Any:
        return cross_entropy(linear([[sg.relu(item) for item in r] for r in v], w2, b2), classes)

    work.step("∂L/∂z = (SW2ᵀ) ⊙ 1[h > 0]", r"\frac{\partial L}{\partial z} = (SW_2^T)\odot 1[h>0]", t,
              engine_gradient(of_z, z), [[max(a, b) for a, b in zip(*both)] for both in zip(most_h, big)],
              n)  # fmt: skip
    four = c.linear_jacobian_by_weights(x, width)
    work.step("∂(XW1 + b1)/∂W1 has four indices, N×H×D×H: X_ir δ_js",
              r"\frac{\partial (XW_1+b_1)_{ij}}{\partial W_{1,rs}} = X_{ir}\delta_{js}", four,
              engine_four_index(lambda v: linear(x, v, b1), w1))  # fmt: skip
    pulled = [[math.fsum(t[i][j] * four[i][j][r][q] for i in range(rows) for j in range(width)) for q in range(width)]
              for r in range(len(w1))]  # fmt: skip
    work.step("pulled back: Σ_ij (∂L/∂z)_ij ∂z_ij/∂W1_rs = (Xᵀ(∂L/∂z))_rs",
              r"\sum_{ij} \frac{\partial L}{\partial z_{ij}}\frac{\partial z_{ij}}{\partial W_{1,rs}}"
              r" = (X^T\frac{\partial L}{\partial z})_{rs}", pulled, engine[0], scale[0], n)  # fmt: skip
    work.step("∂L/∂W1 = Xᵀ(∂L/∂z)", r"\frac{\partial L}{\partial W_1} = X^T\frac{\partial L}{\partial z}",
              c.linear_backward(x, w1, t)[1], engine[0], scale[0], n)  # fmt: skip
    for what, found, own, size in zip(NAMES, c.two_layer_gradients(x, classes, *parameters), engine, scale):
        work.result(what, found, own, size, n)

    def forward(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        return linear([[sg.relu(item) for item in r] for r in linear(x, w1, b1)], w2, b2)

    most = c.linear(c.linear(sizes(x), sizes(w1), sizes(b1)), sizes(w2), sizes(b2))
    work.result("scores = relu(XW1 + b1)W2 + b2", scores, engine_value(forward, *parameters), most, 2 * n)
    value = engine_value(_loss_of(x, classes, 0.0), *parameters)
    top = 1.0 + 2.0 * max(item for r in most for item in r) + math.log(k)
    work.result("L", c.two_layer_loss(x, classes, *parameters), value, top, 2 * n + rows)


def _d4(work: Work) -> None:
    x, w1, b1, w2, b2, classes, reg = work.draw(1.0, 1, 4, "", **_NETWORK, reg="")
    reg = work.default("reg", abs(reg))
    work.sides(c.linear(x, w1, b1), engine_value(linear, x, w1, b1), c.linear(sizes(x), sizes(w1), sizes(b1)),
               len(w1) + 1)  # fmt: skip
    parameters = w1, b1, w2, b2
    for what, w in (("W1", w1), ("W2", w2)):
        own = engine_gradient(lambda v: reg * sg.sum([item * item for r in v for item in r]), w)
        work.step(f"∂(reg ‖{what}‖²)/∂{what} = 2 reg {what}",
                  rf"\frac{{\partial\,\mathrm{{reg}}\lVert {what}\rVert^2}}{{\partial"
                  rf" {what}}} = 2\,\mathrm{{reg}}\,{what}", c.l2_gradient(reg, w), own)  # fmt: skip
    engine = engine_gradient(_loss_of(x, classes, reg), *parameters)
    scale, n = network_scale(x, *parameters, reg)
    for what, found, own, size in zip(NAMES, c.two_layer_gradients(x, classes, *parameters, reg), engine, scale):
        work.result(what, found, own, size, n)
    two, three = "reg(‖W1‖² + ‖W2‖²)", "l2 of any matrices, as W1, W2 and a third, here X (which no text regularises)"
    for what, group in ((two, (w1, w2)), (three, (w1, w2, x))):
        squares = engine_value(lambda *ws: reg * sg.sum([t * t for w in ws for r in w for t in r]), *group)
        work.result(what, c.l2(reg, *group), squares, None, sum(len(r) for w in group for r in w))
    value = engine_value(_loss_of(x, classes, reg), *parameters)
    most = c.linear(c.linear(sizes(x), sizes(w1), sizes(b1)), sizes(w2), sizes(b2))
    top = 1.0 + 2.0 * max(item for r in most for item in r) + math.log(len(b2)) + c.l2(abs(reg), w1, w2)
    work.result(
        "L with the regulariser",
        c.two_layer_loss(x, classes, *parameters, reg),
        value,
        top,
        2 * n + len(x) + 16,
    )


ROWS: tuple[Row, ...] = (
    row("D1", "mean squared error", "L = (1/n)Σ(yᵢ - ŷᵢ)²: ∂L/∂ŷᵢ = -(2/n)(yᵢ - ŷᵢ)",
        r"$L = \frac1n\sum(y_i-\hat y_i)^2$: $\frac{\partial L}{\partial\hat y_i} = -\frac2n(y_i-\hat y_i)$",
        "mse mse_gradient", "mse", 4,
        "a difference, a quotient, two products: 4 roundings on either side; of the loss, S = Σ of the squares",
        "LB MSE; PH 1", _d1),
    row("D2", "cross-entropy of softmax, mean over rows", "L = -(1/N) Σ log p_class: ∂L/∂scores = (p - onehot)/N",
        r"cross-entropy of softmax, mean over $N$ rows: $\frac{\partial L}{\partial s} = (p - \mathrm{onehot})/N$",
        "cross_entropy cross_entropy_gradient", "cross_entropy", 4,
        "S = (p + onehot)/N; the roundings of p as in C7, and the division by N", "TL 1; TL 2 (1)", _d2),
    row("D3", "two-layer network, all gradients",
        "h = relu(XW1 + b1), s = hW2 + b2: ∂W2 = hᵀS, ∂b2 = 1ᵀS, ∂W1 = Xᵀ((SW2ᵀ) ⊙"
        " 1[h > 0]), ∂b1 = 1ᵀ((SW2ᵀ) ⊙ 1[h > 0]), S of D2",
        r"$h = \mathrm{relu}(XW_1+b_1)$, $s = hW_2+b_2$: $\partial W_2 = h^TS$, $\partial b_2 = \mathbf{1}^TS$,"
        r" $\partial W_1 = X^T((SW_2^T)\odot 1[h>0])$, $\partial b_1 = \mathbf{1}^T((SW_2^T)\odot 1[h>0])$, $S$ of D2",
        "two_layer_scores two_layer_loss two_layer_gradients", "two_layer_network", 8,
        "S is the gradients of the network of absolute values, times 1 + twice its largest score: a score's error is a"
        " relative error of p; 4 sums one after the other, each of 2n roundings", "TL 1; TL 2 (1); TL 2 (2); PH 1", _d3,
        misprints=misprints.D3),
    row("D4", "L2 regulariser", "reg(‖W1‖² + ‖W2‖²) adds 2 reg W1 and 2 reg W2",
        r"$\mathrm{reg}(\lVert W_1\rVert^2+\lVert W_2\rVert^2)$ adds $2\,\mathrm{reg}\,W_1$ and $2\,\mathrm{reg}\,W_2$",
        "l2 l2_gradient", "l2_regulariser", 8, "as D3, with 2·reg·|W| in S: two products and an addition", "TL 3", _d4),
    row("D5", "one ReLU neuron, mean squared error",
        "∂C/∂w = (2/N) Σ eᵢxᵢᵀ, ∂C/∂b = (2/N) Σ eᵢ over the active inputs, eᵢ = (w·xᵢ + b) - yᵢ",
        r"$\frac{\partial C}{\partial w} = \frac2N\sum e_ix_i^T$, $\frac{\partial C}{\partial b} = \frac2N\sum"
        r" e_i$ over the active inputs, $e_i = (w\cdot x_i+b)-y_i$", "neuron_cost neuron_cost_gradients", "neuron_cost",
        2, "S is the sum with sizes for terms; n roundings of e, N of the sum, 4 of products and the mean",
        "PH 1; PH 5; PH 5.1", d5, misprints=misprints.D5),
    row("D6", "gradient descent",
        "w ← w - η (∂C/∂w)ᵀ lowers a smooth C for small η; with η < 2/λ_max of (2/N)XᵀX it reaches the"
        " least-squares solution, with η > 2/λ_max it diverges",
        r"$w \leftarrow w - \eta\,(\frac{\partial C}{\partial w})^T$ lowers"
        r" a smooth $C$ for small $\eta$; with $\eta < 2/\lambda_{\max}$ of $\frac2NX^TX$ it reaches the least-squares"
        r" solution, with $\eta > 2/\lambda_{\max}$ it diverges",
        "gradient_descent_step least_squares_cost least_squares_gradient least_squares_hessian least_squares_solution"
        " largest_eigenvalue", "gradient_descent", 4,
        "S is what one step moves at most, times the steps, and times max(1, |1 - ηλ_max|) per step, by which a step"
        " magnifies an error", "PH 5.1", d6,
        " + the distance left after the steps"),
    row("D7", "SGD with momentum, Nesterov, Adam and AdamW, step by step",
        "SGD: v ← μv + (1 - τ)g, w ← w - ηv; Nesterov: w ← w - η(g + μv); Adam: w ← w - η m̂/(√v̂ + ε)",
        r"SGD: $v \leftarrow \mu v + (1-\tau)g$, $w \leftarrow w - \eta v$, Nesterov's"
        r" $w \leftarrow w - \eta(g + \mu v)$; Adam: $w \leftarrow w - \eta\,\hat m/(\sqrt{\hat v}+\epsilon)$",
        "sgd_momentum_step adam_step adamw_step", "optimisers", 16,
        "n steps of at most 8 roundings each, of S = |w| + the path so far; decaying averages do not magnify them",
        "PH 1", d7),
    row("D8", "the neuron's gradient: inputs weighted by their errors",
        "∂C/∂w = (2/N) Σ eᵢxᵢᵀ: the weights of the inputs are their errors, and an inactive input does not count; zero"
        " error, zero gradient, but not conversely (a dead unit); the larger the error, the larger the step",
        r"$\frac{\partial C}{\partial w} = \frac2N\sum e_ix_i^T$: the weights of the inputs are their errors, and an"
        r" inactive input does not count; zero error gives a zero gradient, but not conversely (a dead unit); the step"
        r" $-2\eta e x$ grows with the error", "neuron_cost_gradients gradient_descent_step",
        "remarks", 4, "as D5; where the error is 0, S bounds what cancels", "PH 5.1", d8, misprints=misprints.D8),
)  # fmt: skip
