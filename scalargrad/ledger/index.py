"""From each source's own sections and numbers to the rows: what stands there, in its order."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """A formula, definition, example or claim of a source."""

    source: str  # a key of row.SOURCES
    place: str  # the section or number there
    what: str
    rows: tuple[str, ...]  # the rows that check it, and the errata where it is wrong


def _of(source: str, text: str) -> list[Entry]:
    """Entries from lines such as ``3.2 | the operators + - * / | B4 E5``."""
    found = []
    for line in text.strip().splitlines():
        place, what, rows = (part.strip() for part in line.split("|"))
        found.append(Entry(source, place, what, tuple(rows.split())))
    return found


INDEX: tuple[Entry, ...] = (
    *_of("CH", """
        1 | a composition f(g(x)) | A1
        1 | differentiable: the limit of the difference quotient (printed: “of f”) | A6
        2 (1) | dy/dx = dy/du · du/dx | A1
        2, example | y = 1/(1 + e^-(wx + b)): dy/dx = y(1 - y)w | A2
        2, supplement | the sigmoid in four nodes f, g, w, v (here f, g, u, v) | A3
        2, supplement | s' = e^-x/(1 + e^-x)² = s - s² = s(1 - s) | A2 E7
        3.1 | the gradient of one output, and the Jacobian of m outputs | B1
        3.1 | J(x)Δx is the best linear approximation (needs total differentiability) | B3
        3.2, case 1 | ∂z/∂x = ∂z/∂u ∂u/∂x + ∂z/∂v ∂v/∂x, and by y | A5
        3.2, case 2 | ∂y_1/∂v_1, a sum over all u | B9
        3.2, case 2 | J_y(v) = J_y(u(v)) J_u(v), a product of matrices | B9
    """),
    *_of("PH", """
        1 | z(x) = w·x + b, and max(0, z(x)) | C5 C6
        1 | the mean squared error of one unit | D5 D1
        1 | SGD, with momentum, and Adam | D7
        2 | partial derivatives of f(x, y); those of xy | A4
        2 | ∂/∂x of a function of one variable is d/dx | A4
        2 | the gradient [6yx, 3x²] of 3x²y (printed beside ∇(xy)) | A4
        3 | ∂(2x + y⁸)/∂x = 2 and ∂/∂y = 8y⁷ | A4
        3 | the Jacobian of f and g: gradients as rows | B1
        3.1 | the Jacobian of m functions of n variables, m×n | B1
        3.1 | y = x: the Jacobian is the identity matrix | B2
        3.2 | y = f(w) ○ g(x), element by element | B4
        3.2 | w > x is a vector of 1 and 0 | B4
        3.2 | J_w and J_x in full | B4
        3.2 | “the Jacobian is usually diagonal” | B5 E6
        3.2 | “0 ○ 0 = 0 whatever the operator” | E9
        3.2 | diag(∂(f_i(w_i) ○ g_i(x_i))/∂w_i) | B4
        3.2 | the table of + - ⊗ ⊘ by w | B4 E5
        3.3 | y = x + z and the expansion of the scalar z | B6
        3.4 | the gradient of y = sum(f(x)), 1×n | B7
        3.4 | ∇ sum(x) = 1ᵀ | B7
        3.5 | y = [ln x², sin 3x]: [2/x, 3 cos 3x] | B8
        3.5 | ∂f/∂g ∂g/∂x gives the same | B8
        3.5 | ∂f(g(x))/∂x = ∂f/∂g ∂g/∂x, (m×k)(k×n) | B9
        3.5 | both diagonal: diag(∂f_i/∂g_i ∂g_i/∂x_i) | B10
        4 | w·x = sum(w⊗x), u = w⊗x, y = sum(u) | C4
        4 | ∂u/∂w = diag(x), ∂y/∂u = 1ᵀ, so xᵀ | C4
        4 | ∂(w·x + b)/∂w and ∂/∂b | C5
        4 | max(0, z): 0 for z ≤ 0, 1 for z > 0 | C3
        4 | ∂max(0, x)/∂x (printed as a column) | C3 E11
        4 | ∂activation/∂w = 0ᵀ or xᵀ | C6
        5 | X, y, and the cost C(w, b, X, y) | D5
        5 | u = max(0, w·x + b), v = y - u, C = (1/N)Σv² | D5
        5.1 | ∂C/∂w by 2v ∂v/∂w | D5
        5.1 | ∂C/∂w = (2/N)Σ e_i x_iᵀ | D5
        5.1 | e_i, “target minus output” | E4
        5.1 | zero error, zero gradient; small, large and negative e_i: size and direction | D8
        5.1 | a weighted average of all x_i, with the errors as weights | D5 D8
        5.1 | w_(t+1) = w_t - η ∂C/∂w | D6 E12
    """),
    *_of("LB", """
        linear layer | Y_ij = Σ_p X_ip W_pj | C11
        linear layer | ∂Y_ij/∂W_rs = X_ir δ_sj | C1 E1
        linear layer | X_ir ∂W_sj/∂W_rs, 1 only where s = r and j = s (∂W_rj/∂W_rs is meant) | C1 E1
        linear layer | “each element ∂Y_ij/∂W_rs is an m×n×k tensor” (it is a number) | C1 E1
        linear layer | Y_ij depends on row i of X and column j of W alone | C11
        linear layer | “∂Y/∂W = X”, an m×n matrix, made of a tensor m×k×n | E1
        linear layer | the upstream gradient grad_y, m×k, and a transpose | C2 E1
        softmax | p_i = exp(z_i)/Σexp(z_j), which overflows from z = 710 on | C7 E7
        softmax | the quotient rule (printed with the wrong sign) | C7 E8
        softmax | the step with δ_ij, and p_i(1 - δ_ij) - p_i p_j | E2
        softmax | p_i(1 - p_j) if i = j, else -p_i p_j | C7
        ReLU | f(x) = max(0, x), and its derivative | C3
        MSE | (1/n)Σ(y_i - ŷ_i)² | D1
        MSE | ∂MSE/∂ŷ_i = -(2/n)(y_i - ŷ_i) | D1
    """),
    *_of("TL", """
        1 | h1 = ReLU(XW1 + b1), scores = h1 W2 + b2 | D3
        1 | the loss L = -(1/N) Σ log(probs of the class) | D2
        2 (1) | ∂L/∂scores = probs - onehot (without 1/N) | D2 E3
        2 (1) | ∂scores/∂W2 = h1ᵀ as a factor, H×N | D3 E10
        2 (1) | ∂L/∂W2 = h1ᵀ S, ∂L/∂b2 = Σ S_i (without 1/N) | D3 C2 E3
        2 (2) | ∂L/∂h1 = (probs - onehot) W2ᵀ (without 1/N) | D3 E3
        2 (2) | ∂h1/∂(XW1 + b1): 1 where h1 > 0, as an N×H factor | D3 C3 E11
        2 (2) | ∂(XW1 + b1)/∂W1 = Xᵀ as a factor, D×N | D3 E10
        2 (2) | ∂L/∂W1 = Xᵀ(S W2ᵀ ⊙ 1[h1 > 0]), ∂L/∂b1 its column sums (without 1/N; 1[h1 > 0] without i) | D3 E3 E11
        3 | reg(‖W1‖² + ‖W2‖²) adds 2 reg W1 and 2 reg W2 | D4
        4 | “these formulas can be used directly” (without 1/N) | E3
    """),
    *_of("SM", """
        A.1 | the derivative of softmax | C7 C10
        A.2 | softmax in back-propagation | C8
        B.15 | ∂(y z)/∂x = y ∂z/∂x + ∂y/∂x zᵀ, M×N | B12
        B.15, proof | d(y z) = z dy + y dz | B14
        B.15 | as A.1 uses it: y = 1/(1ᵀexp(x)), z = exp(x) | C10
        B.26 | ∂f(x)/∂x = diag(f'(x)) (printed with a stray minus and η) | B11 E13
        B.26 | f(x) = [f(x_1), f(x_2) … f(x_n)] (printed as a row; a column is meant) | B11 E13
        B.26 | the proof's matrix of ∂f_j/∂x_i, with -∂f_n/∂x_n, ∂f_n/∂η_n and ∂f₁/∂xₙ twice | B11 E13
        B.26 | as A.1 uses it: ∂z/∂x = diag(exp(x)) | C10
        B (1) | ∂exp(x)/∂x = diag(exp(x)) | B13
        B (2) | d(1ᵀexp(x)) = (1 ⊙ exp(x))ᵀ dx, so exp(x) | B13 B14
    """),
)  # fmt: skip
