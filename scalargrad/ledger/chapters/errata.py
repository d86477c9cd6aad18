"""Chapter E of the ledger: what published derivations get wrong."""

from __future__ import annotations

from scalargrad.ledger.chapters.factors import e1, e3, e10, e11
from scalargrad.ledger.chapters.refutations import e2, e4, e5, e6, e7, e8, e9, e12, e13
from scalargrad.ledger.row import Erratum

ROWS: tuple[Erratum, ...] = (
    Erratum("E1", "C1", "the linear layer's Jacobian is not the matrix X",
            "∂Y/∂W = X, of size m×n×k (and so “each element”), m×k×n or m×n; X_ir ∂W_sj/∂W_rs, 1 only where"
            " “s = r and j = s”; and a transpose, with no order",
            "X_ir ∂W_rj/∂W_rs = X_ir δ_js, each a number, of four indices: m×k×n×k; only the pulled-back form is a"
            " matrix, XᵀG, with the transpose and before G (= grad_y)",
            r"$\frac{\partial Y}{\partial W} = X$, of size $m\times n\times k$ (and so “each element”),"
            r" $m\times k\times n$ or $m\times n$; $X_{ir}\frac{\partial W_{sj}}{\partial W_{rs}}$, 1 only where"
            r" “$s = r$ and $j = s$”; and a transpose, with no order",
            r"$X_{ir}\frac{\partial W_{rj}}{\partial W_{rs}} = X_{ir}\delta_{js}$, each a number, of four indices:"
            r" $m\times k\times n\times k$; only the pulled-back form is a matrix, $X^TG$, with the transpose and"
            r" before $G = \mathrm{grad}_y$",
            ("LB linear layer",), "test_E1_the_linear_jacobian_is_no_matrix", e1),
    Erratum("E2", "C7", "softmax: the step that loses Σe, and pᵢ(1 - δᵢⱼ)",
            "(e^zᵢ δᵢⱼ - e^zᵢ e^zⱼ)/(Σe)², then pᵢ(1 - δᵢⱼ) - pᵢpⱼ", "(e^zᵢ δᵢⱼ Σe - e^zᵢ e^zⱼ)/(Σe)² = pᵢδᵢⱼ - pᵢpⱼ",
            r"$(e^{z_i}\delta_{ij} - e^{z_i}e^{z_j})/(\sum e)^2$, then $p_i(1-\delta_{ij}) - p_ip_j$",
            r"$(e^{z_i}\delta_{ij}\sum e - e^{z_i}e^{z_j})/(\sum e)^2 = p_i\delta_{ij} - p_ip_j$", ("LB softmax",),
            "test_E2_the_softmax_step", e2),
    Erratum("E3", "D2", "a mean over N divides by N",
            "∂L/∂scores = p - onehot for a mean over N ≥ 2, and so ∂L/∂h1 and all four gradients, “usable directly”",
            "(p - onehot)/N; with 2 reg W beside it no rate makes up for the N",
            r"$\frac{\partial L}{\partial\,\mathrm{scores}} = p - \mathrm{onehot}$ for a mean over $N \ge 2$, and so"
            r" $\frac{\partial L}{\partial h_1}$ and all four gradients, “usable directly”",
            r"$(p - \mathrm{onehot})/N$; with $2\,\mathrm{reg}\,W$ beside it no rate makes up for the $N$",
            ("TL 2 (1)", "TL 2 (2)", "TL 4"), "test_E3_the_mean_divides", e3),
    Erratum("E4", "D5", "the error is output minus target", "eᵢ is “target minus output”",
            "eᵢ is output minus target; with the other sign the step climbs", "$e_i$ as target minus output",
            "$e_i$ is output minus target; with the other sign the step climbs", ("PH 5.1",),
            "test_E4_output_minus_target", e4),
    Erratum("E5", "B4", "the quotient's row of the table of operators", "∂(w⊗x)/∂w = diag(1/xᵢ)",
            "∂(w⊘x)/∂w = diag(1/xᵢ)", r"$\frac{\partial (w\otimes x)}{\partial w} = \mathrm{diag}(1/x_i)$",
            r"$\frac{\partial (w\oslash x)}{\partial w} = \mathrm{diag}(1/x_i)$", ("PH 3.2",), "test_E5_the_quotient",
            e5),
    Erratum("E6", "B5", "not every Jacobian is diagonal", "“the Jacobian is usually diagonal”, as a rule",
            "only where output i reads input i alone; not for a matrix product or a softmax",
            "“the Jacobian is usually diagonal”, as a rule",
            "only where output $i$ reads input $i$ alone; not for a matrix product or a softmax", ("PH 3.2", "PH 3.5"),
            "test_E6_not_every_jacobian_is_diagonal", e6),
    Erratum("E7", "A3", "forms that lose all digits",
            "s(1 - s) from x = 37 on, four nodes at -720, softmax without the shift, log(softmax)",
            "the stable forms, accurate to a few ulp over the whole range",
            r"$s(1-s)$ from $x = 37$ on, the four nodes at $-720$, softmax without the shift, $\log(\mathrm{softmax})$",
            "the stable forms, accurate to a few ulp over the whole range", ("CH 2, supplement", "LB softmax"),
            "test_E7_unstable_forms", e7),
    Erratum("E8", "C7", "the quotient rule with the wrong sign",
            "(u v' - u' v)/v²: entry (0, 0) at [1, 2, 3] is -0.0819", "(u' v - u v')/v²: +0.0819",
            r"$(uv' - u'v)/v^2$: entry $(0, 0)$ at $[1, 2, 3]$ is $-0.0819$", r"$(u'v - uv')/v^2$: $+0.0819$",
            ("LB softmax",), "test_E8_the_sign_of_the_quotient_rule", e8),
    Erratum("E9", "B4", "an operator of zeros is not zero", "“0 ○ 0 = 0 whatever the operator”, and (f ○ g)' = f' ○ g'",
            "0 ⊘ 0 is nan, 0 ≥ 0 and 0 = 0 are 1; and (f ○ g)' = ∂₁○ f' + ∂₂○ g', which is 0 because f' and g' are",
            r"“$0 \circ 0 = 0$ whatever the operator”, and $(f\circ g)' = f'\circ g'$",
            r"$0 \oslash 0$ is nan, $0 \ge 0$ and $0 = 0$ are 1; and"
            r" $(f\circ g)' = \partial_1\!\circ f' + \partial_2\!\circ g'$, which is 0 because $f'$ and $g'$ are",
            ("PH 3.2",), "test_E9_an_operator_of_zeros", e9),
    Erratum("E10", "D3", "a layer by its weights is not the factor h1ᵀ or Xᵀ",
            "∂scores/∂W2 = h1ᵀ, H×N, and ∂(XW1 + b1)/∂W1 = Xᵀ, D×N, as factors, so ∂L/∂W2 = S h1ᵀ and ∂L/∂W1 = T Xᵀ",
            "the factors have four indices (C1), N×K×H×K and N×H×D×H; pulled back, h1ᵀS and XᵀT",
            r"$\frac{\partial\,\mathrm{scores}}{\partial W_2} = h_1^T$, $H\times N$, and"
            r" $\frac{\partial (XW_1+b_1)}{\partial W_1} = X^T$, $D\times N$, as factors, so"
            r" $\frac{\partial L}{\partial W_2} = Sh_1^T$ and $\frac{\partial L}{\partial W_1} = TX^T$",
            r"the factors have four indices (C1), $N\times K\times H\times K$ and $N\times H\times D\times H$; pulled"
            r" back, $h_1^TS$ and $X^TT$", ("TL 2 (1)", "TL 2 (2)"),
            "test_E10_the_order_of_the_factors", e10),
    Erratum("E11", "C3", "the ReLU of a vector has a matrix for a derivative",
            "∂max(0, x)/∂x printed as a column of n; ∂h1/∂(XW1 + b1) = 1[h1 > 0], N×H, as a factor",
            "n×n and diagonal; N×H×N×H, so that it pulls U = ∂L/∂h1 back to U ⊙ 1[h1 > 0], element by element",
            r"$\frac{\partial}{\partial x}\max(0, x)$ printed as a column of $n$;"
            r" $\frac{\partial h_1}{\partial (XW_1+b_1)} = 1[h_1>0]$, $N\times H$, as a factor",
            r"$n\times n$ and diagonal; $N\times H\times N\times H$, so that it pulls"
            r" $U = \frac{\partial L}{\partial h_1}$ back to $U\odot 1[h_1>0]$, element by element",
            ("PH 4", "TL 2 (2)"), "test_E11_a_column_is_no_jacobian", e11),
    Erratum("E12", "D6", "a row cannot be taken from a column", "w - η ∂C/∂w with a column w and a row ∂C/∂w",
            "the transpose of the row", r"$w - \eta\,\frac{\partial C}{\partial w}$ with a column $w$ and a row"
            r" $\frac{\partial C}{\partial w}$", "the transpose of the row", ("PH 5.1",),
            "test_E12_a_row_from_a_column", e12),
    Erratum("E13", "B11", "theorem B.26's matrix has a stray minus",
            "-∂fₙ/∂xₙ in the last row, ∂f₁/∂xₙ twice there, and ∂fₙ/∂ηₙ in the first; f(x) = [f(x₁), f(x₂), …], a row",
            "diag(f'(xᵢ)), with plus signs, ∂f₂/∂xₙ and ∂fₙ/∂x₁; f(x) is a column, as x is",
            r"$-\frac{\partial f_n}{\partial x_n}$ in the last row, $\frac{\partial f_1}{\partial x_n}$ twice there,"
            r" and $\frac{\partial f_n}{\partial\eta_n}$ in the first; $f(x) = [f(x_1), f(x_2), \ldots]$, a row",
            r"$\mathrm{diag}(f'(x_i))$, with plus signs, $\frac{\partial f_2}{\partial x_n}$ and"
            r" $\frac{\partial f_n}{\partial x_1}$; $f(x)$ is a column, as $x$ is", ("SM B.26",),
            "test_E13_a_stray_minus", e13),
)  # fmt: skip
