"""Chapter E of the ledger: what published derivations get wrong."""

from __future__ import annotations

from scalargrad.ledger.chapters.refutations import (
    e1,
    e2,
    e3,
    e4,
    e5,
    e6,
    e7,
    e8,
    e9,
    e10,
    e11,
    e12,
    e13,
)
from scalargrad.ledger.row import Erratum

ROWS: tuple[Erratum, ...] = (
    Erratum("E1", "C1", "the linear layer's Jacobian is not the matrix X",
            "∂Y/∂W = X, of size m×n×k, m×k×n or m×n, and δ_sj with “s = r and j = s”",
            "four indices, X_ir δ_js, so m×k×n×k; only the pulled-back form is a matrix, XᵀG, with the transpose",
            r"$\frac{\partial Y}{\partial W} = X$, of size $m\times n\times k$, $m\times k\times n$ or"
            r" $m\times n$, and $\delta_{sj}$ with “$s = r$ and $j = s$”",
            r"four indices, $X_{ir}\delta_{js}$, so $m\times k\times n\times k$; only"
            r" the pulled-back form is a matrix, $X^TG$, with the transpose",
            ("LB linear layer",), "test_E1_the_linear_jacobian_is_no_matrix", e1),
    Erratum("E2", "C7", "softmax: the step that loses Σe, and pᵢ(1 - δᵢⱼ)",
            "(e^zᵢ δᵢⱼ - e^zᵢ e^zⱼ)/(Σe)², then pᵢ(1 - δᵢⱼ) - pᵢpⱼ", "(e^zᵢ δᵢⱼ Σe - e^zᵢ e^zⱼ)/(Σe)² = pᵢδᵢⱼ - pᵢpⱼ",
            r"$(e^{z_i}\delta_{ij} - e^{z_i}e^{z_j})/(\sum e)^2$, then $p_i(1-\delta_{ij}) - p_ip_j$",
            r"$(e^{z_i}\delta_{ij}\sum e - e^{z_i}e^{z_j})/(\sum e)^2 = p_i\delta_{ij} - p_ip_j$", ("LB softmax",),
            "test_E2_the_softmax_step", e2),
    Erratum("E3", "D2", "a mean over N divides by N",
            "∂L/∂scores = p - onehot for a mean over N ≥ 2, and so all four gradients", "(p - onehot)/N",
            r"$p - \mathrm{onehot}$ for a mean over $N \ge 2$, and so all four gradients", r"$(p - \mathrm{onehot})/N$",
            ("TL 2 (1)",), "test_E3_the_mean_divides", e3),
    Erratum("E4", "D5", "the error is output minus target", "eᵢ is “target minus output”",
            "eᵢ is output minus target; with the other sign the step climbs", "$e_i$ as target minus output",
            "$e_i$ is output minus target; with the other sign the step climbs", ("PH 5.1",),
            "test_E4_output_minus_target", e4),
    Erratum("E5", "B4", "the quotient's row of the table of operators", "∂(w⊗x)/∂w = diag(1/xᵢ)",
            "∂(w⊘x)/∂w = diag(1/xᵢ)", r"$\frac{\partial (w\otimes x)}{\partial w} = \mathrm{diag}(1/x_i)$",
            r"$\frac{\partial (w\oslash x)}{\partial w} = \mathrm{diag}(1/x_i)$", ("PH 3.2",), "test_E5_the_quotient",
            e5),
    Erratum("E6", "B5", "not every Jacobian is diagonal", "“the Jacobian reduces to a diagonal”, as a rule",
            "only where output i reads input i alone; not for a matrix product or a softmax",
            "“the Jacobian reduces to a diagonal”, as a rule",
            "only where output $i$ reads input $i$ alone; not for a matrix product or a softmax", ("PH 3.2",),
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
            "0 ⊘ 0 is nan, and (f ○ g)' = ∂₁○ f' + ∂₂○ g', which is 0 because f' and g' are",
            r"“$0 \circ 0 = 0$ whatever the operator”, and $(f\circ g)' = f'\circ g'$",
            r"$0 \oslash 0$ is nan, and $(f\circ g)' = \partial_1\!\circ f' + \partial_2\!\circ g'$, which is 0 because"
            r" $f'$ and $g'$ are", ("PH 3.2",), "test_E9_an_operator_of_zeros", e9),
    Erratum("E10", "D3", "a layer by its weights is not the factor h1ᵀ or Xᵀ",
            "∂scores/∂W2 = h1ᵀ and ∂(XW1 + b1)/∂W1 = Xᵀ as factors, so ∂L/∂W2 = S h1ᵀ and ∂L/∂W1 = T Xᵀ",
            "the factors have four indices (C1); pulled back, h1ᵀS and XᵀT",
            r"$\frac{\partial\,\mathrm{scores}}{\partial W_2} = h_1^T$ and"
            r" $\frac{\partial (XW_1+b_1)}{\partial W_1} = X^T$ as factors, so $\frac{\partial L}{\partial W_2}"
            r" = Sh_1^T$ and $\frac{\partial L}{\partial W_1} = TX^T$",
            "the factors have four indices (C1); pulled back, $h_1^TS$ and $X^TT$", ("TL 2 (1)", "TL 2 (2)"),
            "test_E10_the_order_of_the_factors", e10),
    Erratum("E11", "C3", "the ReLU of a vector has a matrix for a derivative", "∂max(0, x)/∂x printed as a column of n",
            "n×n and diagonal", r"$\frac{\partial}{\partial x}\max(0, x)$ printed as a column of $n$",
            r"$n\times n$ and diagonal", ("PH 4",), "test_E11_a_column_is_no_jacobian", e11),
    Erratum("E12", "D6", "a row cannot be taken from a column", "w - η ∂C/∂w with a column w and a row ∂C/∂w",
            "the transpose of the row", r"$w - \eta\,\frac{\partial C}{\partial w}$ with a column $w$ and a row"
            r" $\frac{\partial C}{\partial w}$", "the transpose of the row", ("PH 5.1",),
            "test_E12_a_row_from_a_column", e12),
    Erratum("E13", "B11", "theorem B.26's matrix has a stray minus", "-∂fₙ/∂xₙ in the last row, and ∂fₙ/∂ηₙ",
            "diag(f'(xᵢ)), with plus signs", r"$-\frac{\partial f_n}{\partial x_n}$ in the last row, and"
            r" $\frac{\partial f_n}{\partial\eta_n}$", r"$\mathrm{diag}(f'(x_i))$, with plus signs", ("SM B.26",),
            "test_E13_a_stray_minus", e13),
)  # fmt: skip
