r"""The ledger: each row has a statement, its functions, its test, its tolerance with the reason, and a live check.

A tolerance is `units`·n·ε·S, with ε = 2⁻⁵² and n the length of the longest sum: `reason` says what S is and counts the
roundings. 0 units is equality. If no S is named, S is the result. A rounding is ε/2, and both sides make roundings.
Sources: PH Parr & Howard (2018); CH notes on the chain rule in back-propagation; LB notes on the backward passes of
linear, softmax, ReLU and MSE; TL notes on a two-layer ReLU network; SM notes on the softmax by vector differentials.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from scalargrad.errors import ArgumentError
from scalargrad.ledger import checks as ab
from scalargrad.ledger import checks_networks as cd
from scalargrad.ledger.compare import Worked


class Erratum(NamedTuple):
    """A wrong form in published derivations, and the right form."""

    id: str
    row: str
    wrong: str
    right: str
    test: str


class Row(NamedTuple):
    """A row of the ledger."""

    id: str
    statement: str
    functions: tuple[str, ...]
    test: str
    units: float
    reason: str
    source: str
    drawn: Callable[[ab.Draw], Worked]
    truncation: str = ""  # the truncation error of a limit, besides roundings

    @property
    def tolerance(self) -> str:
        """The tolerance, as the tables print it."""
        return f"{self.units:g}·n·ε·S{self.truncation}" if self.units else "equal"

    @property
    def errata(self) -> tuple[Erratum, ...]:
        """The errata of the row."""
        return tuple(erratum for erratum in ERRATA if erratum.row == self.id)

    def check(self, generator: random.Random) -> Worked:
        """Works the row out by the analytic form and by the engine, on numbers drawn from `generator`."""
        return self.drawn(ab.Draw(generator))


def _row(id: str, statement: str, functions: str, test: str, units: float, reason: str, source: str,
         drawn: Callable[[ab.Draw], Worked], truncation: str = "") -> Row:  # fmt: skip
    return Row(id, statement, tuple(functions.split()), f"test_{id}_{test}", units, reason, source, drawn, truncation)


_COPIES = "the entries are 0, 1 and the operands themselves: no rounding"
_TERMS = "S is Σ of the sizes of the terms; n terms, each a product, and n additions: 2n roundings a side"

LEDGER: tuple[Row, ...] = (
    _row("A1", r"$\frac{dy}{dx} = \frac{dy}{du}\,\frac{du}{dx}$, for compositions of any depth", "chain_rule",
         "chain_rule", 4, "n stages; S = n(1 + ∣x∣ + n): each of the n factors is 4 roundings off, and has"
         " ∣f″∣ ≤ 1 for the n·4 roundings, relative to 1 + ∣x∣ + n, of what enters it", "CH 2", ab.a1),
    _row("A2", r"$s' = s(1-s)$, computed as $s(x)\,s(-x)$; $y = s(wx+b)$ has $\frac{dy}{dx} = y(1-y)\,w$",
         "sigmoid sigmoid_derivative sigmoid_unit_derivative", "sigmoid", 8,
         "each sigmoid is an exp (1 ulp) and 2 roundings, and the two products are 2: 8 a side", "CH 2", ab.a2),
    _row("A3", r"$f = -x,\ g = e^f,\ u = 1+g,\ v = 1/u$: the product of the local derivatives $-1, g, 1, -u^{-2}$ is"
         r" $s'$, for $\lvert x\rvert \le 300$", "sigmoid_nodes sigmoid_by_nodes", "sigmoid_as_four_nodes", 8,
         "u twice (2 roundings each, of which exp's count fully), a square, a quotient, a product: 8 a side", "CH 2",
         ab.a3),
    _row("A4", r"$\nabla(3x^2y) = [6xy,\ 3x^2]$, $\nabla(2x+y^8) = [2,\ 8y^7]$, $\nabla(xy) = [y,\ x]$",
         "polynomial polynomial_gradient", "gradient", 4,
         "S is the sum of the terms' sizes; n the terms and factors: a power (1 ulp) and a product for each, 3 roundings",
         "PH 2, 3", ab.a4),
    _row("A5", r"$\frac{\partial z}{\partial x} = \sum_k \frac{\partial z}{\partial u_k}\frac{\partial u_k}{\partial x}$,"
         " over every path", "total_derivative", "total_derivative", 4,
         "S is the sum of the paths' sizes; 4 products, a sine and a cosine (1 ulp each) a path, and n additions",
         "CH 3.2", ab.a5),
    _row("A6", r"$\frac{f(x+h)-f(x)}{h} \to f'(x)$", "difference_quotient", "difference_quotient", 4,
         "S = (1 + ∣x∣)/h: the two values are 4 roundings of at most 1 + ∣x∣ off; Taylor leaves h/2·max∣f″∣, which is at most"
         " h/2 here", "CH 1", ab.a6, " + h/2"),
    _row("B1", r"the Jacobian stacks gradients as rows: $J = \begin{bmatrix} 6xy & 3x^2 \\ 2 & 8y^7 \end{bmatrix}$ for A4's"
         " functions", "stack_gradients", "jacobian", 4, "as A4", "PH 3.1, CH 3.1", ab.b1),
    _row("B2", r"$y = x$ has $J = I$", "identity_jacobian", "identity", 0, _COPIES, "PH 3.1", ab.b2),
    _row("B3", r"$\lVert f(x+\Delta) - f(x) - J(x)\Delta\rVert = O(\lVert\Delta\rVert^2)$", "linear_approximation",
         "best_linear_approximation", 4,
         "S = 4, since f is 3 roundings off and J·Δ is small; Taylor leaves at most ½‖f″‖·‖Δ‖², with ‖f″‖ ≤ 2 for softmax",
         "CH 3.1", ab.b3, " + ‖Δ‖²"),
    _row("B4", r"$\frac{\partial (w\circ x)}{\partial w} = I, I, \mathrm{diag}(x), \mathrm{diag}(1/x),"
         r" \mathrm{diag}(1[w>x])$ and $\frac{\partial (w\circ x)}{\partial x} = I, -I, \mathrm{diag}(w),"
         r" \mathrm{diag}(-w/x^2), \mathrm{diag}(1[x>w])$ for $+, -, \odot, \oslash, \max$",
         "elementwise_jacobians composed_elementwise_jacobians", "elementwise_binary", 8,
         "two quotients, two functions and their derivatives (2 ulp each), 2 products: 7 roundings a side", "PH 3.2",
         ab.b4),
    _row("B5", r"$J_{ij} = 0$ exactly, whenever output $i$ does not read input $j$", "sparse_jacobian", "diagonality", 0,
         "exactly 0.0 off the pattern; on it " + _COPIES, "PH 3.2", ab.b5),
    _row("B6", r"$y = x + z$: $\frac{\partial y}{\partial x} = I$, $\frac{\partial y}{\partial z} = \mathbf{1}$;"
         r" $y = xz$: $zI$ and $x$; also $-$ and $/$", "scalar_expansion_jacobians", "scalar_expansion", 2,
         "two quotients: 2 roundings a side", "PH 3.3", ab.b6),
    _row("B7", r"$y = \sum f_i(x)$ has the row $\sum \partial f_i/\partial x$; $\sum x$ has $\mathbf{1}^T$; $\sum xz$ has"
         r" $[z \ldots z]$ and $\sum x$", "sum_gradient scaled_sum_gradients", "sum_reduction", 2, _TERMS, "PH 3.4", ab.b7),
    _row("B8", r"$y = [\ln x^2,\ \sin 3x]$ has $\frac{dy}{dx} = [2/x,\ 3\cos 3x] = J_f\,g'$",
         "log_sine_derivative log_sine_factors chain_jacobians", "vector_chain_rule_of_a_scalar", 4,
         "a square, a quotient, a product; a cosine (1 ulp) of the same 3x and a product: 4 roundings a side", "PH 3.5",
         ab.b8),
    _row("B9", r"$J_{f\circ g}(x) = J_f(g(x))\,J_g(x)$, $(m\times k)(k\times n) = m\times n$", "chain_jacobians",
         "vector_chain_rule", 4,
         "S is the product of the matrices of sizes, times 1 and the sums that entered each sine: 2n roundings each",
         "PH 3.5, CH 3.2", ab.b9),
    _row("B10", r"both Jacobians diagonal: $\mathrm{diag}(f'_i\,g'_i)$", "chain_diagonals", "diagonal_chain", 8,
         "as A1 with n = 2", "PH 3.5", ab.b10),
    _row("B11", r"$\frac{\partial f(x)}{\partial x} = \mathrm{diag}(f'(x))$, for every elementary $f$",
         "elementwise_function_jacobian elementary", "elementwise_function", 16,
         "at most 6 operations of 1 to 2 ulp on either side; for silu S is s(x)(1 + ∣x∣s(-x)), whose terms cancel",
         "SM B.26", ab.b11),
    _row("B12", r"$\frac{\partial (y z)}{\partial x} = y\,\frac{\partial z}{\partial x} + \frac{\partial y}{\partial x}z^T$"
         " in denominator layout; in numerator layout its transpose", "scaled_vector_jacobian",
         "scalar_times_vector", 4, _TERMS + ", for y, z and their product", "SM B.15", ab.b12),
    _row("B13", r"$\frac{\partial e^x}{\partial x} = \mathrm{diag}(e^x)$; $\frac{\partial \mathbf{1}^Te^x}{\partial x} ="
         r" (e^x)^T$ in numerator layout, $e^x$ in denominator layout", "exp_jacobian sum_exp_jacobian", "exp", 2,
         "an exp (1 ulp) a side", "SM C", ab.b13),
    _row("C1", r"$Y = XW$: $\frac{\partial Y_{ij}}{\partial W_{rs}} = X_{ir}\delta_{js}$,"
         r" $\frac{\partial Y_{ij}}{\partial X_{rs}} = \delta_{ir}W_{sj}$",
         "linear_jacobian_by_weights linear_jacobian_by_inputs", "linear_jacobian", 0, _COPIES, "LB", cd.c1),
    _row("C2", r"$\frac{\partial L}{\partial W} = X^TG$, $\frac{\partial L}{\partial X} = GW^T$,"
         r" $\frac{\partial L}{\partial b}$ = the column sums of $G$", "linear_backward", "linear_backward", 2, _TERMS,
         "LB", cd.c2),
    _row("C3", r"$\mathrm{relu}'(x) = 1$ for $x > 0$, $0$ for $x \le 0$", "relu relu_derivative relu_jacobian", "relu", 0,
         _COPIES, "LB, PH 4", cd.c3),
    _row("C4", r"$\frac{\partial (w\cdot x)}{\partial w} = \mathbf{1}^T\mathrm{diag}(x) = x^T$", "dot_gradients", "dot", 0,
         _COPIES, "PH 4", cd.c4),
    _row("C5", r"$z = w\cdot x + b$: $\frac{\partial z}{\partial w} = x^T$, $\frac{\partial z}{\partial b} = 1$",
         "affine affine_gradients", "affine", 0, _COPIES, "PH 4", cd.c5),
    _row("C6", r"$\mathrm{relu}(w\cdot x + b)$: by $w$ it is $0^T$ or $x^T$, by $b$ $0$ or $1$, by $x$ $0^T$ or $w^T$, by"
         r" the sign of $z$", "neuron_gradients", "neuron", 0,
         _COPIES + "; where the sum's rounding could turn the sign of z nothing is claimed", "PH 4", cd.c6),
    _row("C7", r"$\frac{\partial p_i}{\partial z_j} = p_i(\delta_{ij} - p_j)$, that is $\mathrm{diag}(p) - pp^T$; rows and"
         r" columns sum to 0; the same for $z + c$", "softmax softmax_jacobian", "softmax_jacobian", 4,
         "S = p_i(δ_ij + p_j); a p is an exp (2 ulp), n additions and a quotient; the engine subtracts what cancels on the"
         " diagonal", "LB, SM A.1", cd.c7),
    _row("C8", r"$\frac{\partial L}{\partial z} = p \odot (g - g\cdot p)$", "softmax_backward", "softmax_backward", 4,
         "S = p⊙(∣g∣ + ∣g∣·p), the terms that cancel; the roundings of C7, and n products and additions more",
         "SM A.2", cd.c8),
    _row("C9", r"$\frac{\partial \log p_i}{\partial z_j} = \delta_{ij} - p_j$; $\nabla\log\sum e^{z_i} = p$",
         "log_softmax log_softmax_jacobian logsumexp logsumexp_gradient", "log_softmax", 4,
         "S = δ_ij + p_j; the roundings of p as in C7", "SM", cd.c9),
    _row("D1", r"$L = \frac1n\sum(y_i-\hat y_i)^2$: $\frac{\partial L}{\partial\hat y_i} = -\frac2n(y_i-\hat y_i)$",
         "mse mse_gradient", "mse", 4, "a difference, a quotient, two products: 4 roundings a side", "LB", cd.d1),
    _row("D2", r"cross-entropy of softmax, mean over $N$ rows: $\frac{\partial L}{\partial s} ="
         r" (p - \mathrm{onehot})/N$", "cross_entropy cross_entropy_gradient", "cross_entropy", 4,
         "S = (p + onehot)/N; the roundings of p as in C7, and the division by N", "TL 2", cd.d2),
    _row("D3", r"$h = \mathrm{relu}(XW_1+b_1)$, $s = hW_2+b_2$: $\partial W_2 = h^TS$, $\partial b_2 = \mathbf{1}^TS$,"
         r" $\partial W_1 = X^T((SW_2^T)\odot 1[h>0])$, $\partial b_1 = \mathbf{1}^T((SW_2^T)\odot 1[h>0])$, $S$ of D2",
         "two_layer_scores two_layer_loss two_layer_gradients", "two_layer_network", 8,
         "S is the gradients of the network of absolute values, times 1 + twice its largest score: a score's error is a"
         " relative error of p; 4 sums one after the other, each of 2n roundings", "TL 2", cd.d3),
    _row("D4", r"$\mathrm{reg}(\lVert W_1\rVert^2+\lVert W_2\rVert^2)$ adds $2\,\mathrm{reg}\,W_1$ and"
         r" $2\,\mathrm{reg}\,W_2$", "l2 l2_gradient", "l2_regulariser", 8,
         "as D3, with 2·reg·∣W∣ in S: two products and an addition", "TL 3", cd.d4),
    _row("D5", r"$\frac{\partial C}{\partial w} = \frac2N\sum e_ix_i^T$, $\frac{\partial C}{\partial b} = \frac2N\sum e_i$"
         r" over the active inputs, $e_i = (w\cdot x_i+b)-y_i$", "neuron_cost neuron_cost_gradients", "neuron_cost", 2,
         "S is the sum with sizes for terms; n roundings of e, N of the sum, 4 of products and the mean", "PH 5", cd.d5),
    _row("D6", r"$w \leftarrow w - \eta\,\frac{\partial C}{\partial w}$ lowers a smooth $C$ for small $\eta$; with"
         r" $\eta < 2/\lambda_{\max}$ it reaches the least-squares solution",
         "gradient_descent_step least_squares_gradient least_squares_hessian", "gradient_descent", 4,
         "S is what one step moves at most, times the steps: no step magnifies an error, as ‖I - ηH‖ ≤ 1", "PH 5", cd.d6),
    _row("D7", r"SGD: $v \leftarrow \mu v + g$, $w \leftarrow w - \eta v$, Nesterov's $w \leftarrow w - \eta(g + \mu v)$;"
         r" Adam: $w \leftarrow w - \eta\,\hat m/(\sqrt{\hat v}+\epsilon)$",
         "sgd_momentum_step adam_step adamw_step", "optimisers", 16,
         "n steps of at most 8 roundings each, of S = ∣w∣ + the path so far; decaying averages do not magnify them",
         "PH 1", cd.d7),
)  # fmt: skip

ERRATA: tuple[Erratum, ...] = (
    Erratum("E1", "C1", r"$\frac{\partial Y}{\partial W} = X$, and $\delta_{sj}$ with “$s = r$ and $j = s$”",
            r"four indices, $X_{ir}\delta_{js}$; only the pulled-back form is a matrix, $X^TG$, with the transpose",
            "test_E1_the_linear_jacobian_is_no_matrix"),
    Erratum("E2", "C7", r"$(e^{z_i}\delta_{ij} - e^{z_i}e^{z_j})/(\sum e)^2$, then $p_i(1-\delta_{ij}) - p_ip_j$",
            r"$(e^{z_i}\delta_{ij}\sum e - e^{z_i}e^{z_j})/(\sum e)^2 = p_i\delta_{ij} - p_ip_j$",
            "test_E2_the_softmax_step"),
    Erratum("E3", "D2", r"$p - \mathrm{onehot}$ for a mean over $N \ge 2$", r"$(p - \mathrm{onehot})/N$",
            "test_E3_the_mean_divides"),
    Erratum("E4", "D5", "$e_i$ as target minus output", "$e_i$ is output minus target; with the other sign the step climbs",
            "test_E4_output_minus_target"),
    Erratum("E5", "B4", r"$\frac{\partial (w\oslash x)}{\partial w} = \mathrm{diag}(\partial(w_i x_i)/\partial w_i)$",
            r"$\mathrm{diag}(1/x_i)$", "test_E5_the_quotient"),
    Erratum("E6", "B5", "“the Jacobian reduces to a diagonal”, as a rule",
            "only where output $i$ reads input $i$ alone; not for a matrix product or a softmax",
            "test_E6_not_every_jacobian_is_diagonal"),
    Erratum("E7", "A3", r"$s(1-s)$ from $x = 37$ on, the four nodes at $-720$, softmax without the shift,"
            r" $\log(\mathrm{softmax})$", "the stable forms, accurate to a few ulp over the whole range",
            "test_E7_unstable_forms"),
)  # fmt: skip

ROWS: dict[str, Row] = {row.id: row for row in LEDGER}


def find(id: str) -> Row:
    """The row with that id; for the id of an erratum, its row. Raises `ArgumentError` for another id."""
    for erratum in ERRATA:
        if erratum.id == id.upper():
            return ROWS[erratum.row]
    if id.upper() not in ROWS:
        raise ArgumentError(
            f"no row is called {id!r}: the ledger has A1 to A6, B1 to B13, C1 to C9, D1 to D7, E1 to E7"
        )
    return ROWS[id.upper()]
