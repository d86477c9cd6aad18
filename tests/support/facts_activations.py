"""Facts of activations. `facts.py` says how to read a line."""

from __future__ import annotations

from tests.support.facts import read

ACTIVATIONS = read("""
sigmoid(0)             = 0.5   | 0.25
sigmoid(inf)           = 1     | 0
sigmoid(-inf)          = 0.0   | 0
sigmoid(800)           = 1     | 0
sigmoid(-800)          = 0.0   | 0
sigmoid(nan)           = nan   | nan
sigmoid(x) ~ 1 / (1 + exp(-x)) | 1 / (1 + exp(-x)) / (1 + exp(x))
    : 1 -1 -20 40 -40 -700 700 -720 -745 745

log_sigmoid(0)         = ~-log(2) | 0.5
log_sigmoid(inf)       = -0.0  | 0
log_sigmoid(-inf)      = -inf  | 1
log_sigmoid(-1e308)    = -1e308 | 1
log_sigmoid(nan)       = nan   | nan
log_sigmoid(x) ~ -log1p(exp(-x)) | 1 / (1 + exp(x))
    : 1 -1 -1000 40 -40 700 745

softplus(0)            = ~log(2) | 0.5
softplus(inf)          = inf   | 1
softplus(-inf)         = 0.0   | 0
softplus(1e308)        = 1e308 | 1
softplus(nan)          = nan   | nan
softplus(x) ~ log1p(exp(x)) | 1 / (1 + exp(-x))
    : 1 -1 1000 40 -40 -700 -745

# x unless x < 0, so -0.0 and nan stay; derivative 0 at 0
relu(2)                = 2     | 1
relu(-2)               = 0.0   | 0
relu(0.0)              = 0.0   | 0
relu(-0.0)             = -0.0  | 0
relu(least)            = least | 1
relu(-least)           = 0.0   | 0
relu(inf)              = inf   | 1
relu(-inf)             = 0.0   | 0
relu(nan)              = nan   | 0

# derivative slope at 0
leaky_relu(2, 0.1)     = 2     | 1   | 0
leaky_relu(-2, 0.5)    = -1    | 0.5 | -2
leaky_relu(0.0, 0.1)   = 0.0   | 0.1 | 0.0
leaky_relu(-0.0, 0.1)  = -0.0  | 0.1 | -0.0
leaky_relu(0.0, -0.5)  = -0.0  | -0.5 | 0.0
leaky_relu(-2, -0.5)   = 1     | -0.5 | -2
leaky_relu(least, 0.5) = least | 1   | 0
leaky_relu(inf, 0.1)   = inf   | 1   | 0
leaky_relu(-inf, 0.1)  = -inf  | 0.1 | -inf
leaky_relu(nan, 0.1)   = nan   | 0.1 | nan
leaky_relu(-1, 0)      = -0.0  | 0   | -1

# derivative alpha at 0
elu(2, 0.5)            = 2     | 1   | 0
elu(0.0, 0.5)          = 0.0   | 0.5 | 0.0
elu(-0.0, 0.5)         = -0.0  | 0.5 | -0.0
elu(0.0, -0.5)         = -0.0  | -0.5 | 0.0
elu(least, 0.5)        = least | 1   | 0
elu(inf, 2)            = inf   | 1   | 0
elu(-inf, 2)           = -2    | 0   | -1
elu(nan, 2)            = nan   | nan | nan
elu(x, alpha) ~ alpha * expm1(x) | alpha * exp(x) | expm1(x)
    : -1,1.5 -1e-20,2 -40,3 -3,-0.5

silu(0.0)              = 0.0   | 0.5
silu(-0.0)             = -0.0  | 0.5
silu(inf)              = inf   | 1
silu(-inf)             = -0.0  | 0
silu(-1e308)           = -0.0  | 0
silu(1e308)            = 1e308 | 1
silu(nan)              = nan   | nan
silu(x)    ~ x / (1 + exp(-x)) | (1 + exp(-x) * (1 + x)) / (1 + exp(-x))**2
    : 1 -1 5 -5 20 -40 -650
    : -699.9 -700.5 -710 -720 -730.3 -745 -801 801

# limits, also where the product would be inf * 0
gelu(0.0)              = 0.0   | 0.5
gelu(-0.0)             = -0.0  | 0.5
gelu(inf)              = inf   | 1
gelu(-inf)             = -0.0  | 0.0
gelu(1e308)            = 1e308 | 1
gelu(-1e308)           = -0.0  | 0.0
gelu(-1e9)             = -0.0  | 0.0
gelu(least)            = 0.0   | 0.5
gelu(2e-310)           = 1e-310 | 0.5
gelu(nan)              = nan   | nan
gelu(x)    ~ x * erfc(-x / sqrt(2)) / 2 | erfc(-x / sqrt(2)) / 2 + x * exp(-x**2 / 2) / sqrt(2 * pi)
    : 1 -1 0.3 -0.3 2.7 -2.7 5.1 -5.1 -0.5 -0.9 8.4 -8.4 1e-10
# far left, where the rounding of x / sqrt(2) would be magnified, and where erfc is subnormal
    : -12.3 -19.7 -25.9 -31.4 -36.3 -36.9 -37.01 -37.2 -37.4 -37.55 -37.8 -37.95 -38.2 -38.9 -40.2 40.2 30.3
# here the last terms of its series count
gelu(x)    ~~ x * erfc(-x / sqrt(2)) / 2 | erfc(-x / sqrt(2)) / 2 + x * exp(-x**2 / 2) / sqrt(2 * pi)
    : -37.015625 -37.0625 -37.25

gelu_tanh(0.0)         = 0.0   | 0.5
gelu_tanh(-0.0)        = -0.0  | 0.5
gelu_tanh(inf)         = inf   | 1
gelu_tanh(-inf)        = -0.0  | 0.0
gelu_tanh(1e308)       = 1e308 | 1
gelu_tanh(-1e308)      = -0.0  | 0.0
gelu_tanh(1e15)        = 1e15  | 1
gelu_tanh(2e-310)      = 1e-310 | 0.5
gelu_tanh(nan)         = nan   | nan
gelu_tanh(x) ~ x * gelu_gate(x) | gelu_gate(x) * (1 + x * gelu_rate(x) * gelu_gate(-x))
    : 1 -1 0.3 -0.3 2.7 -2.7 5.1 -5.1 -0.5 -0.9 8.4 -8.4 1e-10 0.99 3.515
# far left, where the rounding of the polynomial would be magnified, and where the sigmoid is subnormal
    : -12.3 -15.99 -18.01 -19.7 -20.3 -20.9 -21.14 -21.16 -21.3 -21.5 -21.9 -24.9 24.9 -25.1 25.1

mish(0.0)              = 0.0   | ~3 / 5
mish(-0.0)             = -0.0  | ~3 / 5
mish(inf)              = inf   | 1
mish(-inf)             = -0.0  | 0.0
mish(1e308)            = 1e308 | 1
mish(-1e308)           = -0.0  | 0.0
mish(nan)              = nan   | nan
mish(x) ~ x * (1 - 2 / ((1 + exp(x))**2 + 1)) | z / x + 4 * x * exp(x) * (1 + exp(x)) / ((1 + exp(x))**2 + 1)**2
    : 1 -1 0.3 -0.3 2.7 -2.7 5.1 -5.1 -0.5 -0.9 17.4 19.5 40 370 800.5
mish(x) ~ x / (1 + 2 / (exp(x) * (exp(x) + 2))) | z / x + 4 * x * exp(x) * (1 + exp(x)) / ((1 + exp(x))**2 + 1)**2
    : -17.4 -40 -650 -699.9 -710 -720 -730.3 -745 -801

# all derivatives but the first 0 at 0; the limits at infinity
softsign(0.0)          = 0.0   | 1
softsign(-0.0)         = -0.0  | 1
softsign(1)            = 0.5   | 0.25
softsign(-3)           = -0.75 | 0.0625
softsign(inf)          = 1     | 0
softsign(-inf)         = -1    | 0
softsign(1e308)        = 1     | 0
softsign(-1e308)       = -1    | 0
softsign(nan)          = nan   | nan
softsign(x) ~ x / (1 + abs(x)) | 1 / (1 + abs(x))**2
    : 0.3 -0.3 1e-20 -1e-20 7.5 -7.5 1e100 -1e153 1e-310 least

# derivative scale * alpha at 0
selu(0.0)              = 0.0   | ~1.0507009873554804934193349852946 * 1.6732632423543772848170429916717
selu(-0.0)             = -0.0  | ~1.0507009873554804934193349852946 * 1.6732632423543772848170429916717
selu(1)                = ~1.0507009873554804934193349852946 | ~1.0507009873554804934193349852946
selu(inf)              = inf   | ~1.0507009873554804934193349852946
selu(-inf)             = ~-1.0507009873554804934193349852946 * 1.6732632423543772848170429916717 | 0
selu(nan)              = nan   | nan
selu(x) ~ selu_scale * x | selu_scale
    : 0.3 7.5 1e-300 least 1.5e308
selu(x) ~ selu_scale * selu_alpha * expm1(x) | selu_scale * selu_alpha * exp(x)
    : -0.3 -1 -7.5 -1e-20 -40 -700

# derivative 0 at a bound; where min_val > max_val the result is max_val
hardtanh(0.5, -1, 1)   = 0.5   | 1 | 0 | 0
hardtanh(-2, -1, 1)    = -1    | 0 | 1 | 0
hardtanh(2, -1, 1)     = 1     | 0 | 0 | 1
hardtanh(-1, -1, 1)    = -1    | 0 | 1 | 0
hardtanh(1, -1, 1)     = 1     | 0 | 0 | 1
hardtanh(up(-1), -1, 1)  = up(-1) | 1 | 0 | 0
hardtanh(down(1), -1, 1) = down(1) | 1 | 0 | 0
hardtanh(-0.0, 0.0, 1) = -0.0  | 0 | 1 | 0
hardtanh(0.0, -1, -0.0) = 0.0  | 0 | 0 | 1
hardtanh(2, 2, 2)      = 2     | 0 | 0 | 1
hardtanh(1, 2, 2)      = 2     | 0 | 1 | 0
hardtanh(3, 2, 2)      = 2     | 0 | 0 | 1
hardtanh(1.5, 2, 1)    = 1     | 0 | 0 | 1
hardtanh(5, 2, 1)      = 1     | 0 | 0 | 1
hardtanh(0, 2, 1)      = 1     | 0 | 0 | 1
hardtanh(inf, -1, 1)   = 1     | 0 | 0 | 1
hardtanh(-inf, -1, 1)  = -1    | 0 | 1 | 0
hardtanh(3, -inf, inf) = 3     | 1 | 0 | 0
hardtanh(nan, -1, 1)   = nan   | 1 | 0 | 0
hardtanh(nan, 1, 1)    = nan   | 1 | 0 | 0
hardtanh(nan, 2, 1)    = 1     | 0 | 0 | 1
""")
