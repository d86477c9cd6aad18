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
        1 | y = f(u) and u = g(x), so y = f(g(x)) | A1
        1 | differentiable: the limit of the difference quotient (printed: “of f”) | A6
        2 (1) | dy/dx = dy/du · du/dx | A1
        2, example | y = 1/(1 + e^-(wx + b)): dy/dx = y(1 - y)w | A2
        2, example | y = 1/(1 + e^-u), u = wx + b: dy/du = y(1 - y), du/dx = w | A2
        2, example | dy/dx = dy/du du/dx = y(1 - y)w = w/(1 + e^-(wx + b)) (1 - 1/(1 + e^-(wx + b))) | A2
        2, supplement | the sigmoid in four nodes f, g, w, v (here f, g, u, v) | A3
        2, supplement | s(x) = 1/(1 + e^-x) | A2
        2, supplement | S' = e^-x/(1 + e^-x)² = (1 + e^-x - 1)/(1 + e^-x)² = S - S² = S(1 - S) | A2
        2, supplement | s' = e^-x/(1 + e^-x)² = s - s² = s(1 - s) | A2 E7
        3.1 | the gradient of one output, and the Jacobian of m outputs | B1
        3.1 | f: Rⁿ → R^m, the gradient [∂y_i/∂x_1, ∂y_i/∂x_2, …, ∂y_i/∂x_n] of one output | B1
        3.1 | J = (∂y_1/∂x_1 … ∂y_1/∂x_n, …, ∂y_m/∂x_1 … ∂y_m/∂x_n) | B1
        3.1 | J = ∂(y_1, …, y_m)/∂(x_1, …, x_n) | B1
        3.1 | Δy = y'(x)Δx, of one variable | B3
        3.1 | the Jacobian is a local linearization: J(x)Δx is f's displacement, for a column Δx | B3
        3.1 | J(x)Δx is the best linear approximation (needs total differentiability) | B3
        3.2, case 1 | ∂z/∂x = ∂z/∂u ∂u/∂x + ∂z/∂v ∂v/∂x, and by y | A5
        3.2, case 1 | f: Rⁿ → R¹; by y: ∂z/∂y = ∂z/∂u ∂u/∂y + ∂z/∂v ∂v/∂y | A5
        3.2, case 2 | ∂y_1/∂v_1 = Σ_k ∂y_1/∂u_k ∂u_k/∂v_1, a sum over all u | B9
        3.2, case 2 | J_y(u) = ∂(y_1, …, y_m)/∂(u_1, …, u_n), m×n | B9
        3.2, case 2 | J_u(v) = ∂(u_1, …, u_n)/∂(v_1, …, v_n), n×n | B9
        3.2, case 2 | ∂(y_1, …, y_m)/∂(v_1, …, v_n) = ∂(y_1, …, y_m)/∂(u_1, …, u_n) ∂(u_1, …, u_n)/∂(v_1, …, v_n) | B9
        3.2, case 2 | J_y(v) = J_y(u(v)) J_u(v), a product of matrices | B9
        3.2, case 2 | a linear transformation of a linear transformation is the product of two matrices | B9
        3.2, case 2 | J_{y(u)} = J_y(u(v)) J_u(v), as printed (J_{y∘u}(v) is meant) | B9
    """),
    *_of("GI", """
        inverse | C = A⁻¹: dC = -C dA C | G1
        inverse | Ā = -Cᵀ C̄ Cᵀ | G1
        inverse | C = A⁻¹B: B̄ = A⁻ᵀC̄, Ā = -B̄Cᵀ | G1
        determinant | C = det A: dC = C tr(A⁻¹ dA), Ā = C̄ C A⁻ᵀ | G2
        Cholesky factorisation | A = LLᵀ: dL = L Φ(L⁻¹ dA L⁻ᵀ), Ā = ½ L⁻ᵀ(P + Pᵀ)L⁻¹ with P = Φ(LᵀL̄) | G3
    """),
    *_of("MC", """
        chain rule | the Hessian of f(g(x)): J_gᵀ H_f J_g + Σ_k (∂f/∂g_k) H_{g_k} | F4
        quadratic forms | ∂(½xᵀAx + bᵀx)/∂x = ½(A + Aᵀ)x + b | F2
        quadratic forms | ∂²(½xᵀAx + bᵀx)/∂x∂xᵀ = ½(A + Aᵀ) | F2
        traces | ∂tr(AB)/∂A = Bᵀ | G4
        traces | ∂tr(AᵀBA)/∂A = (B + Bᵀ)A | G4
        products | ∂(aᵀXb)/∂X = abᵀ | G4
    """),
    *_of("NW", """
        second derivatives | ∂²f/∂x_i∂x_j = ∂²f/∂x_j∂x_i, the Hessian is symmetric | F1
        convex functions | ∇² log Σexp(z) = diag(p) - ppᵀ, which is positive semidefinite | F3
        least squares | ∇f = Jᵀr, ∇²f = JᵀJ + Σ r_k ∇²r_k, of f = ½‖r‖² | F5
        least squares | Gauss–Newton: JᵀJ in place of ∇²f | F5
        Newton's method | x - ∇²f⁻¹∇f, the minimum of a quadratic | F8
    """),
    *_of("PE", """
        products | Hv = d/dε ∇f(x + εv) at ε = 0 | F6
        products | Hv = ∇(∇f·v) | F6
    """),
    *_of("GW", """
        forward and reverse | uᵀ(Jv) = (Jᵀu)ᵀv | F7
    """),
    *_of("PH", """
        1 | z(x) = w·x + b, and max(0, z(x)) | C5 C6
        1 | the rectified linear unit, max(0, z) | C3 C6
        1 | the outputs of a layer are the inputs of the next | D3
        1 | the affine unit z(x) = Σw_i x_i + b = w·x + b, of weights w and the bias b | C5
        1 | the mean squared error of one unit | D5 D1
        1 | (1/N)Σ(target(x) - activation(x))² = (1/N)Σ(target(x) - max(0, Σw_i x_i + b))² | D5
        1 | SGD, with momentum, and Adam | D7
        2 | partial derivatives of f(x, y); those of xy | A4
        2 | ∂/∂x f(x, y), ∂f(x, y)/∂x and ∂f(x, y)/∂y | A4
        2 | ∂/∂x f(x, y) and ∂/∂x f(x, y), as the partial derivatives of xy (the second is ∂/∂y) | A4
        2 | the gradient is “a vector of its parameters” (of its partial derivatives) | A4
        2 | “the matrix that maps n scalar parameters to one scalar” (a function does) | A4
        2 | ∇f(x, y) = [∂f(x, y)/∂x, ∂f(x, y)/∂y] = [6yx, 3x²] | A4
        2 | ∂/∂x of a function of one variable is d/dx; of several, the others are held as constants | A4
        2 | the gradient [6yx, 3x²] of 3x²y (printed beside ∇(xy)) | A4
        3 | ∂(2x + y⁸)/∂x = 2 and ∂/∂y = 8y⁷ | A4
        3 | f(x, y) = 3x²y, g(x, y) = 2x + y⁸, ∇g(x, y) = [2, 8y⁷] | A4
        3 | ∂g(x, y)/∂x = ∂2x/∂x + ∂y⁸/∂x = 2∂x/∂x + 0 = 2 × 1 = 2 | A4
        3 | ∂g(x, y)/∂y = ∂2x/∂y + ∂y⁸/∂y = 0 + 8y⁷ = 8y⁷ | A4
        3 | the Jacobian of f and g: gradients as rows | B1
        3 | J = [∇f(x, y), ∇g(x, y)] = [∂f(x, y)/∂x ∂f(x, y)/∂y, ∂g(x, y)/∂x ∂g(x, y)/∂y] = [6yx 3x², 2 8y⁷] | B1
        3.1 | the Jacobian of m functions of n variables, m×n | B1
        3.1 | f(x, y, z) ⇒ f(x), with the column x = [x_1, x_2, …, x_n] of size n×1 | B1
        3.1 | y = f(x): y_1 = f_1(x), y_2 = f_2(x), …, y_m = f_m(x) | B1
        3.1 | ∂y/∂x = [∇f_1(x), ∇f_2(x), …, ∇f_m(x)] = [∂/∂x f_1(x), ∂/∂x f_2(x), …, ∂/∂x f_m(x)] | B1
        3.1 | row i of it: ∂/∂x_1 f_i(x) ∂/∂x_2 f_i(x) … ∂/∂x_n f_i(x) | B1
        3.1 | all vectors are columns of size n×1, so that a Jacobian times one is m×1 | B9
        3.1 | y = x: the Jacobian is the identity matrix (in the original; this text has no such example) | B2
        3.2 | y = f(w) ○ g(x), element by element | B4
        3.2 | w > x is a vector of 1 and 0 | B4
        3.2 | J_w and J_x in full | B4
        3.2 | [y_1, y_2, …, y_n] = [f_1(w) ○ g_1(x), f_2(w) ○ g_2(x), …, f_n(w) ○ g_n(x)] | B4
        3.2 | J_w = ∂y/∂w = [∂/∂w_1(f_1(w) ○ g_1(x)) ∂/∂w_2(f_1(w) ○ g_1(x)) … ∂/∂w_n(f_1(w) ○ g_1(x)), … | B4
        3.2 | J_x = ∂y/∂x = [∂/∂x_1(f_1(w) ○ g_1(x)) ∂/∂x_2(f_1(w) ○ g_1(x)) … ∂/∂x_n(f_1(w) ○ g_1(x)), … | B4
        3.2 | “the Jacobian is usually diagonal” | B5 E6
        3.2 | the product of a vector and a scalar is an element-wise operation, with the scalar repeated | B6
        3.2 | f_i(w) and g_i(x) are no functions of w_i, so these partial derivatives are 0 (w_j is meant) | B4 B5
        3.2 | ∂/∂w_j f_i(w) = ∂/∂w_j g_i(x) = 0 | B5 E9
        3.2 | “0 ○ 0 = 0 whatever the operator” | E9
        3.2 | diag(∂(f_i(w_i) ○ g_i(x_i))/∂w_i) | B4
        3.2 | ∂y/∂w = diag(∂/∂w_1(f_1(w_1) ○ g_1(x_1)), ∂/∂w_2(f_2(w_2) ○ g_2(x_2)), …, all the way to n) | B4
        3.2 | ∂y/∂w = [∂/∂w_1(f_1(w_1) ○ g_1(x_1)) ∂/∂w_2(f_2(w_2) ○ g_2(x_2)) …, on its diagonal | B4
        3.2 | f_i(w_i) = w_i, and y_i = f_i(w) + g_i(x) for f(w) + g(x) | B4
        3.2 | ∂/∂w_i(f_i(w_i) + g_i(x_i)) = ∂/∂w_i(w_i + x_i) = 1 + 0 = 1 | B4
        3.2 | ∂/∂x_i(f_i(w_i) + g_i(x_i)) = ∂/∂x_i(w_i + x_i) = 0 + 1 = 1 | B4
        3.2 | ∂(w + x)/∂w = diag(… ∂(w_i + x_i)/∂w_i …) = diag(1) = I | B4
        3.2 | ∂(w - x)/∂w = diag(… ∂(w_i - x_i)/∂w_i …) = diag(1) = I | B4
        3.2 | ∂(w ⊗ x)/∂w = diag(… ∂(w_i × x_i)/∂w_i …) = diag(x) | B4
        3.2 | ∂(w ⊗ x)/∂w = diag(… ∂(w_i/x_i)/∂w_i …) = diag(… 1/x_i …), which is ∂(w ⊘ x)/∂w | B4 E5
        3.2 | the table of + - ⊗ ⊘ by w | B4 E5
        3.3 | y = x + z and the expansion of the scalar z | B6
        3.3 | y = f(x) + g(z), f(x) = x, g(z) = 1z: ∂g(z)/∂x = 0 | B6
        3.3 | y = xz: ∂y/∂x = zI, ∂y/∂z = x (in the original; this text has x + z alone) | B6
        3.4 | the gradient of y = sum(f(x)), 1×n | B7
        3.4 | ∂y/∂x = [∂y/∂x_1, ∂y/∂x_2, …, ∂y/∂x_n] = [∂/∂x_1 Σ f_i(x), ∂/∂x_2 Σ f_i(x), …, ∂/∂x_n Σ f_i(x)] | B7
        3.4 | = [Σ ∂f_i(x)/∂x_1, Σ ∂f_i(x)/∂x_2, …, Σ ∂f_i(x)/∂x_n] | B7
        3.4 | ∇y = [∂x_1/∂x_1, ∂x_2/∂x_2, …, ∂x_n/∂x_n] = [1, 1, …, 1] = 1ᵀ | B7
        3.4 | ∇ sum(x) = 1ᵀ, a horizontal vector, 1×n | B7
        3.4 | y = sum(xz): ∂y/∂x = [z, z, …, z], ∂y/∂z = sum(x) (in the original; not in this text) | B7
        3.5 | y = [ln x², sin 3x]: [2/x, 3 cos 3x] | B8
        3.5 | ∂y/∂x of a vector by a scalar is a column, each entry by the chain rule of several variables | B8
        3.5 | [y_1(x), y_2(x)] = [f_1(x), f_2(x)] = [ln(x²), sin(3x)] | B8
        3.5 | [g_1(x), g_2(x)] = [x², 3x] and [f_1(g), f_2(g)] = [ln(g_1), sin(g_2)] | B8
        3.5 | ∂y/∂x = [∂f_1(g)/∂x, ∂f_2(g)/∂x], ∂f_1/∂g_1 ∂g_1/∂x + ∂f_1/∂g_2 ∂g_2/∂x and so on | B8
        3.5 | [1/g_1 2x + 0, 0 + cos(g_2) 3] = [2x/x², 3cos(3x)] = [2/x, 3cos(3x)] | B8
        3.5 | [∂f_1/∂g_1 ∂f_1/∂g_2, ∂f_2/∂g_1 ∂f_2/∂g_2][∂g_1/∂x, ∂g_2/∂x] = ∂f/∂g ∂g/∂x | B8
        3.5 | ∂f/∂g ∂g/∂x = [1/g_1 0, 0 cos(g_2)][2x, 3] | B8
        3.5 | ∂f/∂g ∂g/∂x gives the same | B8
        3.5 | the vector form takes the total derivative into account, a sum over all paths (steps 3 and 4) | B8
        3.5 | ∂f(g(x))/∂x = ∂f/∂g ∂g/∂x, (m×k)(k×n) | B9
        3.5 | ∂/∂x f(g(x)) = ∂f/∂g ∂g/∂x | B9
        3.5 | ∂/∂x f(g(x)) = [∂f_1/∂g_1 ∂f_1/∂g_2 … ∂f_1/∂g_k, …][∂g_1/∂x_1 ∂g_1/∂x_2 … ∂g_1/∂x_n, …] | B9
        3.5 | both diagonal: diag(∂f_i/∂g_i ∂g_i/∂x_i) | B10
        3.5 | “in many applications the Jacobian is diagonal” | B10 E6
        3.5 | functions of vectors, such as sum(w ⊗ x), and vectors of functions | B9 C4
        3.5 | ∂/∂x f(g(x)) = diag(∂f_i/∂g_i)diag(∂g_i/∂x_i) = diag(∂f_i/∂g_i ∂g_i/∂x_i) | B10
        4 | w·x = sum(w⊗x), u = w⊗x, y = sum(u) | C4
        4 | Σ(w_i x_i) = sum(w ⊗ x), the dot product | C4
        4 | ∂u/∂w = ∂/∂w (w ⊗ x) = diag(x), ∂y/∂u = ∂/∂u sum(u) = 1ᵀ | C4
        4 | ∂u/∂w = diag(x), ∂y/∂u = 1ᵀ, so xᵀ | C4
        4 | ∂(w·x + b)/∂w and ∂/∂b | C5
        4 | ∂(w * x + b)/∂b, by the bias | C5
        4 | z(w, b, x) = w·x + b, activation(z) = max(0, z) | C5 C6
        4 | max(0, z): 0 for z ≤ 0, 1 for z > 0 | C3
        4 | at 0 it has no derivative, and 0 is a convention | A6 C3
        4 | the derivative is 0 where z ≤ 0, “because z is a constant” (max(0, z) is) | C6
        4 | ∂/∂x_i max(0, x_i): 0 for x_i ≤ 0, dx_i/dx_i = 1 for x_i > 0 | C3
        4 | ∂max(0, x)/∂x (printed as a column) | C3 E11
        4 | ∂/∂x max(0, x) = [∂/∂x_1 max(0, x_1), ∂/∂x_2 max(0, x_2), …, ∂/∂x_n max(0, x_n)] | C3 E11
        4 | ∂activation/∂w = 0ᵀ or xᵀ | C6
        4 | activation(x) = max(0, w * x + b) | C6
        5 | X, y, and the cost C(w, b, X, y) | D5
        5 | X = [x_1, x_2, …, x_N]ᵀ, y = [target(x_1), target(x_2), …, target(x_N)]ᵀ | D5
        5 | C(w, b, X, y) = (1/N)Σ(y_i - activation(x_i))² = (1/N)Σ(y_i - max(0, w·x_i + b))² | D5
        5 | u = max(0, w·x + b), v = y - u, C = (1/N)Σv² | D5
        5 | u(w, b, x) = max(0, w·x + b), v(y, u) = y - u, C(v) = (1/N)Σv² | D5 F8
        5.1 | ∂C/∂w by 2v ∂v/∂w | D5
        5.1 | ∂C(v)/∂w = ∂/∂w (1/N)Σv² = (1/N)Σ ∂/∂w v² = (1/N)Σ ∂v²/∂v ∂v/∂w = (1/N)Σ 2v ∂v/∂w | D5
        5.1 | 2v 0ᵀ = 0ᵀ where w·x_i + b ≤ 0, -2v xᵀ where w·x_i + b > 0 | D5
        5.1 | ∂C/∂w = (2/N)Σ e_i x_iᵀ, printed with Σ over all N (the active ones count) | D5
        5.1 | e_i, “target minus output” | E4
        5.1 | zero error, zero gradient; small, large and negative e_i: size and direction | D8
        5.1 | “e_i is negative, so the gradient is negative” (where x_i is positive) | D8
        5.1 | a weighted average of all x_i, with the errors as weights (a sum, of the active ones) | D5 D8
        5.1 | w_(t+1) = w_t - η ∂C/∂w | D6 E12
    """),
    *_of("LB", """
        linear layer | Y_ij = Σ_p X_ip W_pj | C11
        linear layer | the input data X is m×n, W n×k, Y m×k | C11
        linear layer | “the whole W is updated at once”, so the tensor is made a matrix | E1 C2
        linear layer | ∂Y_ij/∂W_rs = X_ir δ_sj | C1 E1
        linear layer | X_ir ∂W_sj/∂W_rs, 1 only where s = r and j = s (∂W_rj/∂W_rs is meant) | C1 E1
        linear layer | “each element ∂Y_ij/∂W_rs is an m×n×k tensor” (it is a number) | C1 E1
        linear layer | Y_ij depends on row i of X and column j of W alone | C11
        linear layer | “∂Y/∂W = X”, an m×n matrix, made of a tensor m×k×n | E1
        linear layer | the upstream gradient grad_y, m×k, and a transpose | C2 E1
        linear layer | “∂Y/∂W = X”, a tensor m×n×k, then m×k×n | E1
        linear layer | grad_y, m×k, times ∂Y/∂W, which “needs a transpose” | C2 E1
        linear layer | an entry of Y is the dot product of row i of X and column j of W | C11
        linear layer | ∂Y_ij/∂W_rs = ∂/∂W_rs(Σ_p X_ip · W_pj) | C1 C11
        linear layer | the Kronecker delta δ_sj: 1 where s = j, else 0 | C1
        linear layer | “check matrix derivatives at www.matrixcalculus.org” | C2 E1
        softmax | p_i = exp(z_i)/Σexp(z_j), which overflows from z = 710 on | C7 E7
        softmax | ∂p_i/∂z_j = ∂/∂z_j(exp(z_i)/Σexp(z_k)) | C7
        softmax | the quotient rule (printed with the wrong sign) | C7 E8
        softmax | ∂p_i/∂z_j = (exp(z_i) ∂/∂z_j(Σexp(z_k)) - ∂/∂z_j(exp(z_i)) Σexp(z_k))/(Σexp(z_k))² | E8
        softmax | (exp(z_i) δ_ij - exp(z_i) exp(z_j))/(Σexp(z_k))² | E2
        softmax | the Kronecker delta δ_ij: 1 where i = j, else 0 | C7
        softmax | the step with δ_ij, and p_i(1 - δ_ij) - p_i p_j | E2
        softmax | ∂p_i/∂z_j = p_i(1 - δ_ij) - p_i p_j | E2
        softmax | its derivative is a matrix, each element a function of the output probabilities | C7
        softmax | p_i(1 - p_j) if i = j, else -p_i p_j | C7
        ReLU | f(x) = max(0, x), and its derivative | C3
        ReLU | the rectified linear unit, an activation function | C3
        ReLU | ∂f(x)/∂x: 0 if x ≤ 0; 1 if x > 0 | C3
        ReLU | at 0 it has no derivative, and 0 is a convention | A6 C3
        MSE | MSE = (1/n)Σ(y_i - ŷ_i)² | D1
        MSE | n data points, y_i the true value, ŷ_i the predicted one | D1
        MSE | ∂MSE/∂ŷ_i = -(2/n)(y_i - ŷ_i) | D1
    """),
    *_of("TL", """
        1 | h1 = ReLU(XW1 + b1), scores = h1 W2 + b2 | D3
        1 | X is N×D, W1 D×H, b1 H, h1 N×H, W2 H×C, b2 C, scores N×C | D3
        1 | W1 and W2 are the weights, b1 and b2 the biases | D3
        1 | XW1 + b1 adds b1 to each row (broadcasting) | D3
        1 | the loss L = -(1/N) Σ log(probs of the class) | D2
        1 | probs = Softmax(scores), L = -(1/N) Σ log(probs_{i, y_i}), y_i the true label | D2
        2 (1) | ∂L/∂scores = probs - onehot (without 1/N) | D2 E3
        2 (1) | ∂L/∂scores = probs - one-hot label, N×C | D2 E3
        2 (1) | ∂L/∂W2 = ∂L/∂scores · ∂scores/∂W2 | D3 E10
        2 (1) | ∂scores/∂W2 = h1ᵀ as a factor | D3 E10
        2 (1) | ∂scores/∂W2 = h1ᵀ, H×N | D3 E10
        2 (1) | ∂L/∂W2 = h1ᵀ(probs - one-hot label) | D3 E3
        2 (1) | the gradient by the bias: ∂L/∂b2 = Σ(probs_i - one-hot label_i) | D3 E3
        2 (1) | ∂L/∂W2 = h1ᵀ S, ∂L/∂b2 = Σ S_i | D3 C2
        2 (2) | ∂L/∂W1 = ∂L/∂h1 · ∂h1/∂(XW1 + b1) · ∂(XW1 + b1)/∂W1 | D3 E10 E11
        2 (2) | ∂L/∂h1 = S W2ᵀ | D3
        2 (2) | ∂L/∂h1 = (probs - one-hot label) W2ᵀ, N×H (without 1/N) | D3 E3
        2 (2) | ∂h1/∂(XW1 + b1): 1 where h1 > 0, as an N×H factor | D3 C3 E11
        2 (2) | ∂(XW1 + b1)/∂W1 = Xᵀ as a factor | D3 E10
        2 (2) | ∂(XW1 + b1)/∂W1 = Xᵀ, D×N | D3 E10
        2 (2) | ∂L/∂W1 = Xᵀ((probs - one-hot label) W2ᵀ ⊙ ReLU's derivative) | D3 E3
        2 (2) | the gradient by the bias: ∂L/∂b1 = Σ((probs_i - one-hot label_i) W2ᵀ ⊙ ReLU's derivative) | D3 E3 E11
        2 (2) | ∂L/∂W1 = Xᵀ(S W2ᵀ ⊙ 1[h1 > 0]), ∂L/∂b1 its column sums (without 1/N; 1[h1 > 0] without i) | D3 E3 E11
        3 | reg(‖W1‖² + ‖W2‖²) adds 2 reg W1 and 2 reg W2 | D4
        3 | ∂L/∂W1 += 2 reg W1, ∂L/∂W2 += 2 reg W2, the gradient of the regulariser | D4
        4 | “these formulas can be used directly” (without 1/N) | E3
    """),
    *_of("SM", """
        A.1 | the derivative of softmax | C7 C10
        A.2 | softmax in back-propagation | C8
        A.2 | “softmax's gradient descent”, which is its back-propagation | C8
        B.15 | ∂(y z)/∂x = y ∂z/∂x + ∂y/∂x zᵀ, M×N | B12
        B.15 | x ∈ k^{M×1}, y ∈ R, z ∈ R^{N×1} | B12
        B.15, proof | d(y z) = z dy + y dz | B14
        B.15, proof | d(y z) = dy · z + y · dz = z · dy + y · dz | B14
        B.15, proof | = z · (∂y/∂x)ᵀdx + y · (∂z/∂x)ᵀdx | B12 B14
        B.15 | as A.1 uses it: y = 1/(1ᵀexp(x)), z = exp(x) | C10
        B.26 | ∂f(x)/∂x = diag(f'(x)) (printed with a stray minus and η) | B11 E13
        B.26 | f(x) = [f(x_1), f(x_2), …, f(x_n)], of N numbers (printed as a row; a column is meant) | B11 E13
        B.26 | the proof's matrix of ∂f_j/∂x_i, with -∂f_n/∂x_n, ∂f_n/∂η_n and ∂f₁/∂xₙ twice | B11 E13
        B.26 | ∂f_1/∂x_1 ∂f_2/∂x_1 … ∂f_n/∂η_n, the matrix's first row (η is a misprint) | B11 E13
        B.26 | ∂f_1/∂x_n ∂f_1/∂x_n … -∂f_n/∂x_n, its last row (with two misprints) | B11 E13
        B.26 | its diagonal f'(x_1), f'(x_2), …, f'(x_n), so diag(f'(x)) | B11
        B.26 | as A.1 uses it: ∂z/∂x = diag(exp(x)) | C10
        B (1) | ∂exp(x)/∂x = diag(exp(x)) | B13
        B (1) | ∂exp(x_1)/∂x_1 … ∂exp(x_n)/∂x_1, …, ∂exp(x_1)/∂x_n … ∂exp(x_n)/∂x_n, the matrix in full | B13
        B (2) | d(1ᵀexp(x)) = (1 ⊙ exp(x))ᵀ dx, so exp(x) | B13 B14
        B (2) | = 1ᵀd exp(x) = 1ᵀ(exp'(x) ⊙ dx) = (1 ⊙ exp'(x))ᵀdx | B13 B14
        B (2) | ∂(1ᵀexp(x))/∂x = 1 ⊙ exp'(x) = exp'(x) = exp(x) | B13
    """),
    *_of("ZS", """
        RMSNorm | ā_i = a_i/RMS(a) g_i, RMS(a) = √((1/n)Σ a_i²) (here with ε under the root) | H1
        RMSNorm | the gradients by the gain and by the input, through RMS(a) | H1
    """),
    *_of("BA", """
        layer normalization | μ = (1/H)Σ a_i, σ = √((1/H)Σ(a_i - μ)²) (here with ε under the root) | H2
        layer normalization | h = g/σ ⊙ (a - μ) + b, a gain and a bias per element | H2
    """),
    *_of("HG", """
        GELU formulation | GELU(x) = x Φ(x) = x/2 (1 + erf(x/√2)) | H3
        GELU formulation | 0.5x(1 + tanh(√(2/π)(x + 0.044715x³))) | H3
    """),
    *_of("VA", """
        scaled dot-product attention | Attention(Q, K, V) = softmax(QKᵀ/√d_k) V | H4
        scaled dot-product attention | the scores of later positions are masked, as -∞ | H4
        multi-head attention | MultiHead(Q, K, V) = Concat(head_1, …, head_h) W^O (here with biases) | H5
        multi-head attention | head_i = Attention(QW_i^Q, KW_i^K, VW_i^V), each of d_model/h columns | H5
    """),
    *_of("BD", """
        a neural model | C(i), the row of the matrix C for word i, shared by all positions | H6
    """),
    *_of("SR", """
        dropout | ỹ = r ⊙ y with r_j of 0 or 1; the kept ones are scaled up by 1/p in training (here p is dropped) | H7
    """),
    *_of("SZ", """
        label smoothing | q'(k) = (1 - ε)δ_k,y + ε/K | H8
        label smoothing | ℓ = -Σ log(p(k))q(k), ∂ℓ/∂z_k = p(k) - q(k) | H8
    """),
    *_of("KU", """
        information | the mean of log(f_1(x)/f_2(x)) under f_1, here of probabilities | H9
    """),
)  # fmt: skip

# The headings as the sources print them, in Chinese, and as the original of PH has them.
HEADINGS: dict[str, tuple[str, ...]] = {
    "CH": ("误差反向传播中的链式求导法则",),
    "CH 1": ("复合函数和可微性",),
    "CH 2": ("单变量函数链式法则",),
    "CH 3.1": ("多变量函数求导",),
    "CH 3.2": ("多变量函数链式法则",),
    "PH": ("深度学习中的矩阵微积分", "The Matrix Calculus You Need For Deep Learning"),
    "PH 1": ("介绍", "Introduction"),
    "PH 2": ("矢量微积分和偏导数的介绍", "Introduction to vector calculus and partial derivatives"),
    "PH 3": ("矩阵微积分", "Matrix calculus"),
    "PH 3.1": ("雅各布矩阵的一般化", "Generalization of the Jacobian"),
    "PH 3.2": ("矢量元素之间二元运算的导数", "Derivatives of vector element-wise binary operators"),
    "PH 3.3": ("涉及标量扩展的导数(广播)", "洗及标量扩展的导数(广播)", "Derivatives involving scalar expansion"),
    "PH 3.4": ("以标量形式还原矢量求和", "Vector sum reduction"),
    "PH 3.5": ("向量链式法则", "The Chain Rules"),
    "PH 4": ("神经元激活的梯度", "The gradient of neuron activation"),
    "PH 5": ("神经网络损失函数的梯度", "The gradient of the neural network loss function"),
    "PH 5.1": ("W 的梯度", "The gradient with respect to the weights"),
    "LB": ("机器学习中常用的一些公式推导",),
    "LB linear layer": ("线性层的反向传播",),
    "LB softmax": ("Softmax函数的反向传播",),
    "LB ReLU": ("Relu函数的反向传播",),
    "LB MSE": ("MSE函数的反向传播",),
    "TL": ("用线性代数的知识证明 L 对 W1、W2、b1、b2 的梯度", "总结"),
    "TL 1": ("定义符号和网络结构",),
    "TL 2": ("计算梯度",),
    "TL 3": ("正则化项的梯度",),
    "SM": ("Softmax偏导及BP过程的推导", "Softmax求导"),
    "SM A": ("证明softmax求导和softmax的BP过程", "Apart证明softmax求导和softmax的BP过程"),
    "SM A.1": ("softmax导数",),
    "SM A.2": ("softmax梯度下降",),
    "SM B": ("引用几个定理B.15和B.16", "Apart中必须说明的两个推导"),
}
