"""Mutants of activations, and of sinc, logit and xlogy, that compute the same, or no less accurately."""

from __future__ import annotations

REASONS: dict[str, dict[str, list[str]]] = {
    "the sign of a nan": {
        "value_xlogy": ["y -> -y"],
    },
    "where y <= 0, x * log(y) is 0 only at x = 0": {
        "partial_xlogy_0": ["x -> z"],
        "partial_xlogy_1": ["x -> z"],
    },
    "both forms are right at the bound and beside it": {
        "value_logit": ["x < 0.25 -> x <= 0.25"],
        "partial_sinc_0": ["abs(x) < 0.35 -> abs(x) <= 0.35"],
        "value_gelu": ["x < -37 -> x <= -37"],
        "value_normal": ["abs(x) > 40 -> abs(x) >= 40", "40 -> 41", "40 -> 80"],
        "value_bell": ["abs(x) > 40 -> abs(x) >= 40", "40 -> 41", "40 -> 80"],
        "value_gelu_tanh_bell": ["abs(x) > 25 -> abs(x) >= 25", "25 -> 26", "25 -> 50"],
        "value_mish_bell": ["abs(x) > 800 -> abs(x) >= 800", "800 -> 801", "800 -> 1600"],
        "value_gelu_tanh_share": ["x > 25 -> x >= 25", "25 -> 26", "25 -> 50", "x < -25 -> x <= -25"],
        "value_mish_share": ["x < -800 -> x <= -800", "800 -> 801", "800 -> 1600"],
        "value_sin_half_turns": ["abs(t) > 0.5 -> abs(t) >= 0.5"],
    },
    "nothing is above inf": {
        "value_sinc": ["abs(x) == inf -> abs(x) >= inf"],
        "value_softsign": ["abs(x) == inf -> abs(x) >= inf"],
        "value_sinc_slope": ["abs(x) == inf -> abs(x) >= inf"],
    },
    "both forms give the same at 0": {
        "value_selu": ["x > 0 -> x >= 0"],
        "value_mish_bell": ["x < 0 -> x <= 0"],
        "value_gelu_tanh_share": ["x > 0 -> x >= 0"],
        "value_mish_share": ["x < 0 -> x <= 0"],
    },
    "z has the sign of x": {
        "partial_selu_0": ["x -> z"],
    },
    "z is the bound wherever the comparison holds": {
        "partial_hardtanh_0": ["x -> z", "max_val -> z"],
        "partial_hardtanh_1": ["x -> z", "max_val -> z"],
        "partial_hardtanh_2": ["max_val -> z"],
    },
    "the sign goes away in a square": {
        "value_bell": ["…, x + SPLIT - SPLIT) -> -gauss_quarter(x, x + SPLIT - SPLIT)"],
        "value_gelu_tanh_bell": [
            "sech_of(gelu_decay(x)) -> -sech_of(gelu_decay(x))",
            "gelu_decay(x) -> -gelu_decay(x)",
        ],
        "value_mish_bell": ["libm.exp(0.5 * x) -> -libm.exp(0.5 * x)"],
        "value_gauss_quarter": [
            "…xp(-0.25 * (h * h)) * libm.exp(-0.25 * ((x - h) * (x + h))))",
            "libm.exp(-0.25 * (h * h)) -> -libm.exp(-0.25 * (h * h))",
            "…x - h) * (x + h))) -> -libm.exp(-0.25 * ((x - h) * (x + h)))",
        ],
        "value_gelu_decay": ["…OARSE) -> -gelu_decay_from(abs(x), abs(x) + COARSE - COARSE)"],
        "value_gelu_decay_from": [
            "… - h) * (GELU_LINE + GELU_CUBE * (x * x + x * h + h * h)))))",
            "…bm.exp(-(GELU_LINE_HIGH * h + GELU_CUBE_HIGH * (h * h * h)))",
            "…x - h) * (GELU_LINE + GELU_CUBE * (x * x + x * h + h * h))))",
        ],
        "value_gelu_tanh_share": ["gelu_decay(x) -> -gelu_decay(x)"],
        "value_mish_share": ["libm.exp(0.5 * x) -> -libm.exp(0.5 * x)"],
        "value_mish_bell_left": ["q -> -q"],
        "value_mish_bell_right": ["r -> -r"],
        "value_softsign_slope": ["1 -> -1", "1 + abs(x) -> -(1 + abs(x))"],
    },
    "an even function": {
        "partial_softsign_0": ["x -> -x"],
        "value_bell": [
            "x -> -x",
            "x + SPLIT - SPLIT -> SPLIT - (x + SPLIT)",
            "x + SPLIT - SPLIT -> -(x + SPLIT - SPLIT)",
        ],
        "value_sinc_slope": ["x -> -x"],
    },
    "the sign of this 0 is not used": {
        "value_gelu_tanh_bell": ["0 -> -0"],
        "value_mish_bell": ["0 -> -0"],
        "value_gelu_tanh_share": ["y -> x"],
    },
    "at first order y is x, or 1 where both forms are right": {
        "value_mish_bell": ["x -> y", "y -> x"],
        "value_mish_share": ["x -> y", "y -> x"],
    },
    "on the right it is far less than the 1 beside it; tests/test_orders_table.py sees it alone": {
        "value_mish_bell": ["…ght(y, libm.exp(-x)) -> mish_bell_left(y, libm.exp(0.5 * x))"],
    },
    "a last term that is off by less than a unit in the last place": {
        "value_gelu_tail": ["11 -> 12"],
    },
    "both forms are right for small x": {
        "value_mish_bell": ["0 -> 1"],
        "value_mish_share": ["0 -> 1"],
    },
    "copysign takes the size alone": {
        "value_sin_half_turns": ["1 - abs(t) -> abs(t) - 1"],
    },
}
