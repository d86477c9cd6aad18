"""Chapter H of the ledger: what transformers are made of."""

from __future__ import annotations

from scalargrad.ledger.chapters.transformers.attention import h4, h5
from scalargrad.ledger.chapters.transformers.gelu import h3
from scalargrad.ledger.chapters.transformers.normalisation import h1, h2
from scalargrad.ledger.chapters.transformers.tokens import h6, h7, h8, h9
from scalargrad.ledger.row import Row, row

_SHARES = "a score's rounding is a relative error of a share, so S has the sums of sizes times 1 + the largest score"

ROWS: tuple[Row, ...] = (
    row("H1", "RMSNorm", "yᵢ = gᵢuᵢ, u = x/r, r = √((1/n)Σxⱼ² + ε): ∂yᵢ/∂xⱼ = (gᵢ/r)(δᵢⱼ - uᵢuⱼ/n); pulled back to a"
        " row of X, m×n, (a - u (1/n)Σaⱼuⱼ)/r with a = g ⊙ ∂L/∂y, and to g the column sums of ∂L/∂Y ⊙ U",
        r"$y_i = g_iu_i$, $u = x/r$, $r = \sqrt{\frac1n\sum x_j^2+\epsilon}$: $\frac{\partial y_i}{\partial x_j} ="
        r" \frac{g_i}r(\delta_{ij} - \frac1nu_iu_j)$; pulled back to a row of $X$, $m\times n$,"
        r" $\frac1r(a - u\,\frac1n\sum a_ju_j)$ with $a = g\odot\frac{\partial L}{\partial y}$, and to $g$ the column"
        r" sums of $\frac{\partial L}{\partial Y}\odot U$",
        "rms_norm rms_norm_jacobian rms_norm_backward", "rms_norm", 8,
        "r is a sum of squares, so nothing cancels in it: n + 3 roundings, of which the root leaves half; S has the"
        " sizes of the two terms of a derivative, with 8 products and quotients at most, and 3 times those of r",
        "ZS RMSNorm", h1),
    row("H2", "LayerNorm", "yᵢ = gᵢuᵢ + bᵢ, u = (x - μ)/σ, μ = (1/n)Σxⱼ, σ = √((1/n)Σ(xⱼ - μ)² + ε): ∂yᵢ/∂xⱼ = (gᵢ/σ)"
        "(δᵢⱼ - 1/n - uᵢuⱼ/n); pulled back to a row of X, m×n, (a - (1/n)Σaⱼ - u (1/n)Σaⱼuⱼ)/σ with a = g ⊙ ∂L/∂y, to g"
        " and b the column sums of ∂L/∂Y ⊙ U and of ∂L/∂Y",
        r"$y_i = g_iu_i+b_i$, $u = (x-\mu)/\sigma$, $\mu = \frac1n\sum x_j$, $\sigma ="
        r" \sqrt{\frac1n\sum(x_j-\mu)^2+\epsilon}$: $\frac{\partial y_i}{\partial x_j} = \frac{g_i}\sigma(\delta_{ij} -"
        r" \frac1n - \frac1nu_iu_j)$; pulled back to a row of $X$, $m\times n$, $\frac1\sigma(a - \frac1n\sum a_j -"
        r" u\,\frac1n\sum a_ju_j)$ with $a = g\odot\frac{\partial L}{\partial y}$, to $g$ and $b$ the column sums of"
        r" $\frac{\partial L}{\partial Y}\odot U$ and of $\frac{\partial L}{\partial Y}$",
        "layer_norm layer_norm_jacobian layer_norm_backward", "layer_norm", 4,
        "as H1; the roundings of x - μ are of 2 max|x|, and S has them as many times as σ is smaller",
        "BA layer normalization", h2),
    row("H3", "GELU, exact and by tanh", "x Φ(x) = ½x(1 + erf(x/√2)): Φ(x) + x φ(x); by tanh ½x(1 + t), t = tanh u,"
        " u = √(2/π)(x + 0.044715x³): ½(1 + t) + ½x(1 - t²)u'; of a vector, diag(f'(x)), and pulled back g ⊙ f'(x)",
        r"$x\,\Phi(x) = \frac12x(1+\mathrm{erf}(x/\sqrt2))$: $\Phi(x) + x\,\phi(x)$; by tanh $\frac12x(1+t)$,"
        r" $t = \tanh u$, $u = \sqrt{2/\pi}\,(x + 0.044715x^3)$: $\frac12(1+t) + \frac12x(1-t^2)u'$; of a vector,"
        r" $\mathrm{diag}(f'(x))$, and pulled back $g\odot f'(x)$",
        "gelu gelu_derivative gelu_backward", "gelu", 12,
        "S is |GELU(x)|, and of the derivative |Φ(x)| + |x φ(x)|, so too by tanh, with no loss far left: two functions"
        " of 1 to 2 ulp and 4 products on either side, and up to 8 ε that the engine's series leaves out left of -37;"
        " 2⁻¹⁰¹⁰ more, since a share below 2⁻¹⁰²² has few digits, and is multiplied", "HG GELU formulation", h3),
    row("H4", "scaled dot-product attention of one head, causal too",
        "Y = PV, P = softmax(QKᵀ/√d) by rows, Q T×d, K S×d, V S×e: dV = PᵀG, dP = GVᵀ, dS = P ⊙ (dP - rowsum(dP ⊙ P)),"
        " dQ = dS K/√d, dK = dSᵀQ/√d for G = ∂L/∂Y; causal: query t takes of keys s ≤ t alone",
        r"$Y = PV$, $P = \mathrm{softmax}(QK^T/\sqrt d)$ by rows, $Q$ $T\times d$, $K$ $S\times d$, $V$ $S\times e$:"
        r" $dV = P^TG$, $dP = GV^T$, $dS = P\odot(dP - \mathrm{rowsum}(dP\odot P))$, $dQ = dS\,K/\sqrt d$,"
        r" $dK = dS^TQ/\sqrt d$ for $G = \frac{\partial L}{\partial Y}$; causal: query $t$ takes of keys $s \le t$"
        r" alone",
        "attention_probabilities attention attention_scores_backward attention_backward", "attention", 2,
        _SHARES + "; n is d + S + e + T + 8: as many roundings of four"
        " sums, of the softmax and of products, half of an ε each, twice for a share",
        "VA scaled dot-product attention", h4),
    row("H5", "multi-head self-attention, all gradients",
        "Q, K, V = XW + b, each head attends in its n/h columns as in H4, Y = HWo + bo of the heads side by side, X and"
        " Y T×n, W n×n: dH = GWoᵀ, through each head, dW = Xᵀ(dQ, dK, dV), db their column sums (0 for the keys),"
        " dX = dQWqᵀ + dKWkᵀ + dVWvᵀ",
        r"$Q, K, V = XW+b$, each head attends in its $n/h$ columns as in H4, $Y = HW_o+b_o$ of the heads side by side,"
        r" $X$ and $Y$ $T\times n$, $W$ $n\times n$: $dH = GW_o^T$, through each head, $dW = X^T(dQ, dK, dV)$, $db$"
        r" their column sums ($0$ for the keys), $dX = dQ\,W_q^T + dK\,W_k^T + dV\,W_v^T$",
        "multi_head_attention multi_head_attention_backward", "multi_head_attention", 2,
        _SHARES + ", of absolute values all the way; n is 4n + 2T + 8: the roundings of six sums,"
        " one after the other, of the softmax and of products, half of an ε each, twice for a share",
        "VA multi-head attention", h5),
    row("H6", "embedding of tokens", "Y = OE, the rows of E, K×n, at N tokens, O_tk = 1 where k is token t: ∂L/∂E ="
        " OᵀG, in row k the sum of the rows of G = ∂L/∂Y whose token is k",
        r"$Y = OE$, the rows of $E$, $K\times n$, at $N$ tokens, $O_{tk} = 1$ where $k$ is token $t$:"
        r" $\frac{\partial L}{\partial E} = O^TG$, in row $k$ the sum of the rows of $G = \frac{\partial L}{\partial"
        r" Y}$ whose token is $k$",
        "token_matrix embedding embedding_backward", "embedding", 2,
        "Y is a copy; S is Σ of the sizes of the rows, N additions", "BD a neural model", h6),
    row("H7", "dropout with a given mask", "y = m ⊙ x/(1 - p), mᵢ 0 or 1: ∂y/∂x = diag(m)/(1 - p); pulled back"
        " m ⊙ g/(1 - p)",
        r"$y = m\odot x/(1-p)$, $m_i$ 0 or 1: $\frac{\partial y}{\partial x} = \frac1{1-p}\mathrm{diag}(m)$; pulled"
        r" back $m\odot g/(1-p)$", "dropout", "dropout", 4,
        "a difference, a quotient, two products: 4 roundings on either side", "SR dropout", h7),
    row("H8", "cross-entropy with label smoothing", "L = -(1/N) Σ qₖ log pₖ, q = (1 - α) onehot + α/K, of N×K scores:"
        " ∂L/∂scores = (p - q)/N",
        r"$L = -\frac1N\sum q_k\log p_k$, $q = (1-\alpha)\,\mathrm{onehot}+\alpha/K$, of $N\times K$ scores:"
        r" $\frac{\partial L}{\partial s} = (p-q)/N$",
        "smoothed_target smoothed_cross_entropy smoothed_cross_entropy_gradient", "label_smoothing", 4,
        "of L, no term is negative: K + N additions; S = (p + q)/N, the roundings of p as in C7", "SZ label smoothing",
        h8),
    row("H9", "KL divergence of a softmax", "D = Σ tᵢ(log tᵢ - log pᵢ), p = softmax(z): ∂D/∂log p = -t, ∂D/∂z = p Σtⱼ -"
        " t, which is p - t for probabilities t",
        r"$D = \sum t_i(\log t_i - \log p_i)$, $p = \mathrm{softmax}(z)$: $\frac{\partial D}{\partial\log p} = -t$,"
        r" $\frac{\partial D}{\partial z} = p\sum t_j - t$, which is $p-t$ for probabilities $t$",
        "kl_divergence kl_divergence_gradient", "kl_divergence", 4,
        "S is Σ t(|log t| + |log p|), and of the gradient p Σt + t: n additions; the roundings of p as in C7",
        "KU information", h9),
)  # fmt: skip
