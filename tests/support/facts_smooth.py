"""Facts of exponentials, logarithms, circular and hyperbolic functions. `facts.py` says how to read a line."""

from __future__ import annotations

from tests.support.facts import read

EXPONENTIALS = read("""
exp(0)                 = 1     | 1
exp(1000)              = inf   | inf
exp(-1000)             = 0.0   | 0
exp(inf)               = inf   | inf
exp(-inf)              = 0.0   | 0
exp(nan)               = nan   | nan
exp(x)     ~ exp(x) | exp(x)
    : 1 -20 1e-20 709.7 -700 -745.1

exp2(0)                = 1     | ~log(2)
exp2(3)                = 8     | ~8 * log(2)
exp2(1024)             = inf   | inf
exp2(-1074)            = least | ~0
exp2(-1076)            = 0.0   | 0
exp2(inf)              = inf   | inf
exp2(-inf)             = 0.0   | 0
exp2(nan)              = nan   | nan
exp2(x)    ~ 2**x | 2**x * log(2)
    : 0.5 -3.7 1023.5 -1000.5

expm1(0.0)             = 0.0   | 1
expm1(-0.0)            = -0.0  | 1
expm1(1000)            = inf   | inf
expm1(-inf)            = -1    | 0
expm1(inf)             = inf   | inf
expm1(nan)             = nan   | nan
expm1(x)   ~ expm1(x) | exp(x)
    : 1e-20 -1e-300 -1e-5 1 -40 -700 709

log(1)                 = 0.0   | 1
log(0)                 = -inf  | inf
log(-0.0)              = -inf  | -inf
log(-1)                = nan   | ?
log(inf)               = inf   | 0
log(-inf)              = nan   | ?
log(nan)               = nan   | nan
log(x)     ~ log(x) | 1 / x
    : 2 0.1 up(1) 1e300 1e-308 least

log1p(0.0)             = 0.0   | 1
log1p(-0.0)            = -0.0  | 1
log1p(-1)              = -inf  | inf
log1p(-2)              = nan   | ?
log1p(inf)             = inf   | 0
log1p(nan)             = nan   | nan
log1p(x)   ~ log1p(x) | 1 / (1 + x)
    : 1e-20 -1e-300 -0.5 1 -0.9999999 1e300

log2(8)                = 3     | ~1 / (8 * log(2))
log2(1)                = 0.0   | ~1 / log(2)
log2(0)                = -inf  | inf
log2(-1)               = nan   | ?
log2(inf)              = inf   | 0
log2(nan)              = nan   | nan
log2(x)    ~ log(x) / log(2) | 1 / (x * log(2))
    : 3 0.1 1e-300 1e300

log10(1000)            = 3     | ~1 / (1000 * log(10))
log10(1)               = 0.0   | ~1 / log(10)
log10(0)               = -inf  | inf
log10(-1)              = nan   | ?
log10(inf)             = inf   | 0
log10(nan)             = nan   | nan
log10(x)   ~ log(x) / log(10) | 1 / (x * log(10))
    : 3 0.1 1e-300 1e300

# 0 at x = 0 unless y is nan; partials 0 at x = 0 where y <= 0
xlogy(0.0, 0.0)        = 0.0   | 0    | 0
xlogy(-0.0, -0.0)      = 0.0   | 0    | 0
xlogy(0, -2)           = 0.0   | 0    | 0
xlogy(0, 1)            = 0.0   | 0    | 0
xlogy(0, 2)            = 0.0   | ~log(2) | 0
xlogy(-0.0, 2)         = 0.0   | ~log(2) | -0.0
xlogy(0, least)        = 0.0   | ~log(5e-324) | 0
xlogy(-0.0, 0.5)       = 0.0   | ~-log(2) | -0.0
xlogy(0, inf)          = 0.0   | inf  | 0
xlogy(0, nan)          = nan   | nan  | nan
xlogy(1, 0.0)          = -inf  | -inf | inf
xlogy(-3, 0.0)         = inf   | -inf | -inf
xlogy(2, -1)           = nan   | nan  | -2
xlogy(nan, 1)          = nan   | 0    | nan
xlogy(nan, 0)          = nan   | -inf | nan
xlogy(inf, 2)          = inf   | ~log(2) | inf
xlogy(3, inf)          = inf   | inf  | 0
xlogy(x, y) ~ x * log(y) | log(y) | x / y
    : 2,3 -2,3 0.7,0.2 1e-310,1e300 1e300,up(1) -5,down(1) 0.5,1e-310 3e-317,7e-6 0.25,least

logit(0.5)             = 0.0   | 4
logit(0.0)             = -inf  | inf
logit(1)               = inf   | inf
logit(-0.5)            = nan   | ?
logit(2)               = nan   | ?
logit(inf)             = nan   | ?
logit(-inf)            = nan   | ?
logit(nan)             = nan   | nan
logit(x) ~ log(x / (1 - x)) | 1 / (x * (1 - x))
    : 0.1 0.2 0.24 0.26 0.3 0.4 0.49999 0.50001 0.6 0.75 0.9 down(0.5) up(0.5) down(1) 0.999999999
    : 1e-10 1e-300 1e-310 least
""")

CIRCULAR = read("""
sinc(0.0)              = 1     | -0.0
sinc(-0.0)             = 1     | 0.0
sinc(1)                = 0.0   | -1
sinc(2)                = 0.0   | 0.5
sinc(-3)               = -0.0  | ~1 / 3
sinc(4)                = 0.0   | 0.25
sinc(0.5)              = ~2 / pi | ~-4 / pi
sinc(2.5)              = ~2 / (5 * pi) | ~-4 / (25 * pi)
sinc(inf)              = 0.0   | 0
sinc(-inf)             = 0.0   | 0
sinc(1e300)            = 0.0   | 1e-300
sinc(1.5e308)          = 0.0   | ~1 / 1.5e308
sinc(nan)              = nan   | nan
sinc(1e-200)           = 1     | ~-pi**2 / 3 * 1e-200
sinc(least)            = 1     | ?
sinc(x) ~ sinpi(x) / (pi * x) | (cospi(x) - z) / x
    : 0.01 -0.2 0.3 0.34 0.3499 -0.3499 0.3501 0.4 -0.45 0.6 0.75 -0.9 1.2 -1.3 1.6 1.75 2.3 -3.2 7.7 100.25 1e-5 1e-10
# near whole numbers, and far away
    : up(1) down(2) -3.0000001 1000000.75 1e15 4503599627370495.5 12345.678

sin(0.0)               = 0.0   | 1
sin(-0.0)              = -0.0  | 1
sin(inf)               = nan   | nan
sin(nan)               = nan   | nan
sin(x)     ~ sin(x) | cos(x)
    : 1 -2 3.141592653589793 100 1e15 1e-20

cos(0)                 = 1     | ~0
cos(-inf)              = nan   | nan
cos(nan)               = nan   | nan
cos(x)     ~ cos(x) | -sin(x)
    : 1 -2 1.5707963267948966 100 1e15 1e-20

tan(0.0)               = 0.0   | 1
tan(-0.0)              = -0.0  | 1
tan(inf)               = nan   | nan
tan(nan)               = nan   | nan
tan(x)     ~ tan(x) | 1 / cos(x)**2
    : 1 -2 1.5707963267948966 100 1e15 1e-20

asin(0.0)              = 0.0   | 1
asin(-0.0)             = -0.0  | 1
asin(1)                = ~pi / 2  | inf
asin(-1)               = ~-pi / 2 | inf
asin(2)                = nan   | nan
asin(-2)               = nan   | nan
asin(nan)              = nan   | nan
asin(x)    ~ asin(x) | 1 / sqrt(1 - x**2)
    : 0.5 -0.5 0.9999999999 -0.9999999999 1e-200

acos(1)                = 0.0   | -inf
acos(-1)               = ~pi   | -inf
acos(0)                = ~pi / 2 | -1
acos(2)                = nan   | nan
acos(-2)               = nan   | nan
acos(nan)              = nan   | nan
acos(x)    ~ acos(x) | -1 / sqrt(1 - x**2)
    : 0.5 -0.5 0.9999999999 -0.9999999999 1e-200

atan(0.0)              = 0.0   | 1
atan(-0.0)             = -0.0  | 1
atan(inf)              = ~pi / 2  | 0
atan(-inf)             = ~-pi / 2 | 0
atan(nan)              = nan   | nan
atan(x)    ~ atan(x) | 1 / (1 + x**2)
    : 1 -3 1e-20 1e149 -1e151 1e160 -1e161

# on the axes; nan at the origin, whose partials have no limit
atan2(0.0, 1)          = 0.0   | 1    | -0.0
atan2(-0.0, 1)         = -0.0  | 1    | 0.0
atan2(0.0, -1)         = ~pi   | -1   | -0.0
atan2(-0.0, -1)        = ~-pi  | -1   | 0.0
atan2(1, 0.0)          = ~pi / 2  | 0.0  | -1
atan2(-1, 0.0)         = ~-pi / 2 | 0.0  | 1
atan2(1, -0.0)         = ~pi / 2  | -0.0 | -1
atan2(0.0, 0.0)        = 0.0   | nan  | nan
atan2(-0.0, 0.0)       = -0.0  | nan  | nan
atan2(0.0, -0.0)       = ~pi   | nan  | nan
atan2(-0.0, -0.0)      = ~-pi  | nan  | nan
atan2(inf, inf)        = ~pi / 4  | 0 | -0.0
atan2(-inf, -inf)      = ~-3 * pi / 4 | 0 | -0.0
atan2(1, inf)          = 0.0   | 0    | -0.0
atan2(-1, inf)         = -0.0  | 0    | -0.0
atan2(1, -inf)         = ~pi   | 0    | -0.0
atan2(inf, 1)          = ~pi / 2  | 0 | -0.0
atan2(-inf, 1)         = ~-pi / 2 | 0 | -0.0
atan2(-inf, -1)        = ~-pi / 2 | 0 | -0.0
atan2(nan, 1)          = nan   | nan  | nan
atan2(1, nan)          = nan   | nan  | nan
atan2(y, x) ~ atan2(y, x) | x / (x**2 + y**2) | -y / (x**2 + y**2)
    : 1,2 -3,4 -1,-1 2,-5 3e-200,4e-200 -1e200,3e200
# where the square is subnormal or overflows, and where only one quotient is subnormal
    : 1e-320,1e-10 1e-10,-1e-320 least,least 3e-312,1e-3
    : 1e-3,3e-312 7e-295,2e-296 -3e-300,least 1.5e308,1.5e308
    : 1e-316,1.7e-3 2.3e-3,-1e-316 7e-317,1e-310 1e-310,5e-317 1e-291,1e-280 1e-280,1e-291
    : 1e300,2e5 3e5,-1e300 -1.5e308,1e290 1e-7,3e-297
""")

HYPERBOLIC = read("""
sinh(0.0)              = 0.0   | 1
sinh(-0.0)             = -0.0  | 1
sinh(1000)             = inf   | inf
sinh(-inf)             = -inf  | inf
sinh(nan)              = nan   | nan
sinh(x)    ~ sinh(x) | cosh(x)
    : 1 -3 -1e-10 700

cosh(0)                = 1     | 0.0
cosh(-1000)            = inf   | -inf
cosh(inf)              = inf   | inf
cosh(nan)              = nan   | nan
cosh(x)    ~ cosh(x) | sinh(x)
    : 1 -3 -1e-10 700

tanh(0.0)              = 0.0   | 1
tanh(-0.0)             = -0.0  | 1
tanh(inf)              = 1     | 0
tanh(-inf)             = -1    | 0
tanh(1000)             = 1     | 0
tanh(nan)              = nan   | nan
tanh(x)    ~ tanh(x) | sech(x)**2
    : 0.5 -2 20 -20 300 360 1e-10

asinh(0.0)             = 0.0   | 1
asinh(-0.0)            = -0.0  | 1
asinh(inf)             = inf   | 0
asinh(-inf)            = -inf  | 0
asinh(nan)             = nan   | nan
asinh(x)   ~ asinh(x) | 1 / sqrt(1 + x**2)
    : 1 -3 -1e-10 1e200 -1e308

acosh(1)               = 0.0   | inf
acosh(0.5)             = nan   | nan
acosh(inf)             = inf   | 0
acosh(nan)             = nan   | nan
acosh(x)   ~ acosh(x) | 1 / sqrt(x**2 - 1)
    : 2 1.0000000001 30 1e200 1e308

atanh(0.0)             = 0.0   | 1
atanh(-0.0)            = -0.0  | 1
atanh(1)               = inf   | inf
atanh(-1)              = -inf  | inf
atanh(2)               = nan   | ?
atanh(nan)             = nan   | nan
atanh(x)   ~ atanh(x) | 1 / (1 - x**2)
    : 0.5 -0.5 0.9999999 -0.9999999 1e-200""")
