"""Mutants of the table that compute the same, or no less accurately, each with its reason: for `table_mutants.py`."""

from __future__ import annotations

from tests.mutation.activations_equivalent import REASONS

_REASONS: dict[str, dict[str, list[str]]] = {
    "both forms are right at the bound and beside it": {
        "value_over_twice": ["abs(w) > TINY -> abs(w) >= TINY"],
        "value_pow_log": ["abs(w) > TINY -> abs(w) >= TINY"],
        "value_atan_slope": ["abs(x) < 1e+150 -> abs(x) <= 1e+150", "1e+150 -> 2e+150"],
        "value_silu": ["x < -700 -> x <= -700", "700 -> 701"],
        "value_silu_slope": [
            "x > 800 -> x >= 800",
            "800 -> 801",
            "800 -> 1600",
            "x < -800 -> x <= -800",
            "x < -700 -> x <= -700",
            "700 -> 701",
        ],
        "value_gauss": ["abs(x) > 28 -> abs(x) >= 28", "28 -> 29", "28 -> 56"],
        "value_pow_low": ["abs(w) > TINY -> abs(w) >= TINY"],
        "value_pow_high": ["abs(p) > TINY -> abs(p) >= TINY"],
        "value_cosine": ["r > TINY -> r >= TINY", "r < HUGE -> r <= HUGE"],
        "value_over_square": ["r > TINY -> r >= TINY", "r < HUGE -> r <= HUGE"],
        "value_over_square_plain": ["abs(x) < TINY * z -> abs(x) <= TINY * z"],
    },
    "where z is subnormal and x is not, |y| > 1, and the partial has no more digits than z": {
        "value_over_twice": ["w -> x"],
    },
    "both forms are right on both sides of the bound": {
        "value_pow_slope": [
            "y < 0.5 -> y <= 0.5",
            "0.5 -> 1.0",
            "0.5 -> 1",
            "y > 1000000000000000.0 -> y >= 1000000000000000.0",
            "1000000000000000.0 -> 1000000000000001.0",
            "1000000000000000.0 -> 2000000000000000.0",
        ],
    },
    "where z is 0 or infinite and x is not, both forms give the same": {
        "value_pow_slope": ["x -> w"],
    },
    "log gives nan at a negative base": {
        "value_pow_log": [
            "…x == 0 and y == 0) else halves(log(x), libm.pow(x, 0.5 * y))",
            "…) if abs(w) > TINY else halves(log(x), libm.pow(x, 0.5 * y))",
        ],
    },
    "an even power of a negative base: log gives nan too": {
        "value_pow_log": ["x -> w"],
    },
    "halves is right everywhere, only slower": {
        "value_pow_log": ["abs(w) -> -abs(w)", "TINY -> HUGE"],
    },
    "negative bases are gone by then, so x and z are not negative": {
        "value_pow_log": ["w == 0 -> w <= 0", "x == 0 -> x <= 0", "x == inf -> x >= inf", "abs(w) -> w"],
    },
    "0 to a positive power is 0, which is asked before": {
        "value_pow_log": ["y == 0 -> y >= 0"],
    },
    "both forms are right at the bound and beside it, of digamma the sum only within a unit": {
        "value_erfinv_miss": ["a < 0.5 -> a <= 0.5", "a -> y"],
        "value_digamma_positive": [
            "…e digamma_near(x) if x >= 1 else digamma_near(x + 1) - 1 / x",
            "x >= 9 -> x > 9",
            "x -> -x",
            "9 -> 10",
            "9 -> 18",
            "x >= 3 -> x > 3",
            "x >= 2 -> x > 2",
            "x >= 1 -> x > 1",
        ],
        "value_cot_pi": ["abs(r) < 0.25 -> abs(r) <= 0.25", "0.25 -> 0.5"],
        "value_zeta": [
            "s > 50 * (x + 1) -> s >= 50 * (x + 1)",
            "50 -> 51",
            "50 -> 100",
            "1 -> 2",
            "s > 1e+150 -> s >= 1e+150",
            "1e+150 -> 2e+150",
        ],
    },
    "the last term of a series, which is below 3e-16, or a part of the one before: tests/test_special.py has them": {
        "value_zeta_series": ["11 -> 12", "12 -> 13"],
        "value_digamma_series": [
            "…787981201617 -> 1.4159523911915044 - v * -1.3228787981201617",
            "1.4159523911915044 + v * -1.3228787981201617 -> 1.4159523911915044",
            "1.4159523911915044 -> 1",
            "v * -1.3228787981201617 -> v / -1.3228787981201617",
            "v * -1.3228787981201617 -> v",
            "v * -1.3228787981201617 -> -(v * -1.3228787981201617)",
            "v -> -v",
            "-1.3228787981201617 -> 1.3228787981201617",
            "1.3228787981201617 -> 2.3228787981201617",
            "1.3228787981201617 -> 2.6457575962403235",
            "1.3228787981201617 -> -1.3228787981201617",
            "1.3228787981201617 -> 0",
            "1.3228787981201617 -> 1",
        ],
    },
    "the slope is even; its operands' signs are for the next derivative": {
        "partial_erfinv_0": ["x -> -x", "z -> -z"],
    },
    "n == 0 was asked before; floor(n) is not above n, ceil(n) not below; n is not negative": {
        "value_polygamma": ["n > 0 -> n >= 0", "n == floor(n) -> n <= floor(n)", "floor(n) -> libm.ceil(n)"],
        "value_parity": ["libm.fmod(n, 2) == 0 -> libm.fmod(n, 2) <= 0", "n -> -n"],
    },
    "p is 1 or -1, r is not 0 there, and x not positive": {
        "value_polygamma_of": ["x == inf -> x >= inf", "r > 0 -> r >= 0", "p > 0 -> p >= 0", "x == 0 -> x >= 0"],
    },
    "the sign goes away in a square": {
        "value_over_power": [
            "libm.pow(x, -0.5 * s) -> -libm.pow(x, -0.5 * s)",
            "…g(s / x) - 1)) -> -libm.exp(0.5 * s * (libm.log(s / x) - 1))",
        ],
        "value_pow_log": ["libm.pow(x, 0.5 * y) -> -libm.pow(x, 0.5 * y)"],
        "value_sech2": ["libm.exp(-abs(x)) -> -libm.exp(-abs(x))"],
        "value_sech_of": [
            "2 * u / (1 + u * u) -> -(2 * u / (1 + u * u))",
            "2 * u -> -(2 * u)",
            "2 -> -2",
            "u -> -u",
            "1 + u * u -> -(1 + u * u)",
        ],
        "value_pow_low": ["libm.pow(abs(x), 0.5 * y) -> -libm.pow(abs(x), 0.5 * y)"],
        "value_pow_high": ["libm.pow(abs(x), 0.5 * (y - 1)) -> -libm.pow(abs(x), 0.5 * (y - 1))"],
    },
    "both forms give the same at 0": {
        "value_sigmoid": ["x >= 0 -> x > 0"],
        "value_softplus": ["x > 0 -> x >= 0"],
    },
    "both forms are right for small x": {
        "value_sigmoid": ["0 -> 1"],
    },
    "the sign of this 0 is not used": {
        "value_softplus": ["0 -> -0"],
        "value_silu": ["0.0 -> 0"],
        "value_sub_tail": ["0 -> -0"],
    },
    "z is x where x > 0, else not positive": {
        "partial_relu_0": ["x -> z"],
    },
    "nothing is below -inf": {
        "value_silu": ["x == -inf -> x <= -inf"],
    },
    "the same question: nan or not": {
        "value_copysign": ["y == y -> y <= y", "y == y -> y >= y"],
    },
    "z is nan where x is, and 0 where x is": {
        "partial_copysign_0": ["x -> z", "x -> -x"],
    },
    "times or divided by 1 or -1": {
        "partial_copysign_0": ["copysign(1, x) * copysign(1, y) -> copysign(1, x) / copysign(1, y)"],
    },
    "z has the sign of y, that of a nan too": {
        "partial_copysign_0": ["y -> z"],
    },
    "z is the larger, or smaller: equal to x or y": {
        "partial_maximum_0": ["x -> z", "y -> z"],
        "partial_maximum_1": ["y -> z", "x -> z"],
        "partial_minimum_0": ["x -> z", "y -> z"],
        "partial_minimum_1": ["y -> z", "x -> z"],
    },
    "where x is larger, or smaller, was asked before": {
        "partial_maximum_0": ["x == y -> x >= y"],
        "partial_maximum_1": ["x == y -> x <= y"],
        "partial_minimum_0": ["x == y -> x <= y"],
        "partial_minimum_1": ["x == y -> x >= y"],
    },
    "z is the bound wherever the comparison holds": {
        "partial_clip_0": ["hi -> z", "lo -> z"],
        "partial_clip_1": ["lo -> z", "hi -> z"],
        "partial_clip_2": ["hi -> z"],
    },
    "x == y": {
        "value_logaddexp": ["x -> y"],
    },
    "x == y was asked before": {
        "value_logaddexp": ["x > y -> x >= y"],
    },
    "within abs": {
        "value_logaddexp": ["x - y -> y - x"],
    },
    "gauss is even": {
        "value_gauss": [
            "x -> -x",
            "x + SPLIT - SPLIT -> SPLIT - (x + SPLIT)",
            "x + SPLIT - SPLIT -> -(x + SPLIT - SPLIT)",
        ],
    },
    "with y = 0, r is nan": {
        "value_remainder_from": ["y > 0 -> y >= 0", "y < 0 -> y <= 0"],
        "value_floordiv_from": ["y > 0 -> y >= 0", "y < 0 -> y <= 0"],
    },
    "a number of the same sign": {
        "value_floordiv_from": ["x / y -> x * y", "x / y -> y / x", "x -> r"],
    },
    "q is whole but for its rounding": {
        "value_floordiv_round": ["q - floor(q) > 0.5 -> q - floor(q) >= 0.5"],
    },
    "z is not negative": {
        "value_cosine": ["r == 0 -> r <= 0"],
        "value_over_square": ["r == 0 -> r <= 0"],
    },
    "what lies between them was asked before": {
        "value_cosine": ["HUGE -> TINY"],
        "value_over_square": ["HUGE -> TINY"],
    },
    "the second argument is squared": {
        "value_cosine": ["y -> -y", "UP -> -UP", "DOWN -> -DOWN"],
        "value_over_square": ["y -> -y", "UP -> -UP", "DOWN -> -DOWN"],
    },
    "of an operand that is 0, all forms are the same": {
        "value_over_square": [
            "… HUGE or r == 0 or r != r -> r > TINY and r < HUGE or r != r",
            "r -> x",
            "r -> y",
            "0 -> 1",
        ],
    },
    "of an infinite or nan difference nothing comes from the tail": {
        "value_sub_tail": ["0 -> 1"],
    },
    "with no tail, times 1": {
        "value_exp_plus": ["… 0 else libm.exp(d) * (1 + tail) -> libm.exp(d) * (1 + tail)", "tail -> d", "0 -> 1"],
    },
    "the two forms of a small weight are both right, but for the last bit where it is subnormal": {
        "value_exp_share_of": [
            "… s * (1 + tail) * libm.exp(0.5 * d) -> exp_plus(d, tail) / s",
            "…d) -> libm.exp(0.5 * d) / s * (1 + tail) * libm.exp(0.5 * d)",
            "…) * libm.exp(0.5 * d) if d > -700 else exp_plus(d, tail) / s",
            "d > -700 -> d >= -700",
            "d > -700 -> d < -700",
            "d -> tail",
            "d -> s",
            "d -> -d",
            "-700 -> 700",
            "700 -> 701",
            "700 -> 1400",
            "700 -> -700",
            "700 -> 0",
            "700 -> 1",
        ],
    },
    "an exponential of 0 is 1 in both forms": {
        "value_exp_share": ["x == y -> x >= y"],
    },
    "no operand is beyond the largest or the smallest, and the pass gathers m = z": {
        "partial_max": ["x == z -> x >= z", "z -> m"],
        "partial_min": ["x == z -> x <= z", "z -> m"],
    },
    "x / z and the scaled quotient are the same, wherever both are finite; z is not negative; s == 1 excludes a nan": {
        "partial_norm": [
            "…< inf else libm.copysign(1, x) if s == 1 and x == x else nan",
            "z > TINY -> z >= TINY",
            "z -> x",
            "z -> y",
            "z -> -z",
            "TINY -> HUGE",
            "z < inf -> z > inf",
            "inf -> 1",
            "inf -> -inf",
            "z != z -> z < z",
            "z != z -> z > z",
            "z == 0 -> z <= 0",
            "z -> s",
            "m > 0 -> m >= 0",
            "s == 1 and x == x -> s == 1",
            "s == 1 -> s <= 1",
            "x == x -> x <= x",
            "x == x -> x >= x",
        ],
    },
    "the case was asked before, or both results are 0": {
        "value_scaled": ["k > 2 -> k >= 2", "2 -> 0", "2 -> 1", "k == -1 -> k >= -1", "k == -2 -> k >= -2"],
        "value_of_others": ["count == 0 -> count <= 0", "count == 3 -> count <= 3"],
    },
    "a quotient scaled once or twice is within reach of `scaled`, unless both results are 0": {
        "value_product_share": [
            "abs(x) > LARGE -> abs(x) >= LARGE",
            "abs(x) * LARGE < 1 -> abs(x) * LARGE <= 1",
            "1 -> 2",
        ],
        "value_product_share_of": [
            "… / x, m) -> scaled(s / (x * by), m - 1 if by < 1 else m + 1)",
            "abs(x) > LARGE or abs(x) * LARGE < 1 -> abs(x) * LARGE < 1",
            "abs(x) > LARGE -> abs(x) >= LARGE",
            "abs(x) > LARGE -> abs(x) < LARGE",
            "abs(x) -> x",
            "abs(x) -> -abs(x)",
            "x -> s",
            "x -> m",
            "x -> by",
            "LARGE -> HUGE",
            "LARGE -> -LARGE",
            "abs(x) * LARGE < 1 -> abs(x) * LARGE <= 1",
            "abs(x) * LARGE -> abs(x) / LARGE",
            "abs(x) * LARGE -> abs(x)",
            "abs(x) * LARGE -> -(abs(x) * LARGE)",
            "1 -> 2",
            "by < 1 -> by <= 1",
        ],
    },
    "s is never 0; beside a zero, an infinity or a nan, only the sign of the product matters": {
        "partial_prod": [
            "…, y - 9) if x != x else of_others(product_share(x, s, m), y)",
            "y == 0 -> y <= 0",
            "y -> s",
            "s * libm.copysign(1, x) -> s / libm.copysign(1, x)",
            "abs(x) == inf -> abs(x) >= inf",
            "s -> z",
            "m -> x",
            "m -> y",
            "m -> z",
            "m -> s",
            "m -> -m",
        ],
    },
    "x is for the next derivative: the number follows from the result alone": {
        "partial_cbrt_0": ["x -> -x", "x -> z"],
        "partial_sqrt_0": ["x -> -x", "x -> z"],
    },
    "an even function": {
        "partial_cbrt_0": ["z -> -z"],
        "partial_sqrt_0": ["z -> -z"],
    },
}
EQUIVALENT = {
    (function, change): reason
    for reason, functions in (*_REASONS.items(), *REASONS.items())
    for function, changes in functions.items()
    for change in changes
}
