"""Facts of arithmetic, powers and remainders. `facts.py` says how to read a line."""

from __future__ import annotations

from tests.support.facts import read

ARITHMETIC = read("""
add(1.5, 2.25)         = 3.75  | 1 | 1
add(-0.0, -0.0)        = -0.0  | 1 | 1
add(-0.0, 0.0)         = 0.0   | 1 | 1
add(1e16, 1)           = 1e16  | 1 | 1     # halfway: to even
add(1e308, 1e308)      = inf   | 1 | 1
add(inf, -inf)         = nan   | 1 | 1
add(nan, 1)            = nan   | 1 | 1
add(least, least)      = 1e-323 | 1 | 1    # subnormals are kept

sub(1.5, 2.25)         = -0.75 | 1 | -1
sub(0.0, 0.0)          = 0.0   | 1 | -1
sub(-0.0, 0.0)         = -0.0  | 1 | -1
sub(inf, inf)          = nan   | 1 | -1
sub(-1e308, 1e308)     = -inf  | 1 | -1
sub(normal, down(normal)) = least | 1 | -1 # nothing is flushed to zero

mul(3, -2)             = -6    | -2 | 3
mul(-0.0, 5)           = -0.0  | 5 | -0.0
mul(inf, 0)            = nan   | 0 | inf
mul(nan, 2)            = nan   | 2 | nan
mul(1e200, -1e200)     = -inf  | -1e200 | 1e200
mul(1e-200, -1e-200)   = -0.0  | -1e-200 | 1e-200
mul(normal, 0.5)       = 1.1125369292536007e-308 | 0.5 | normal

div(1, 4)              = 0.25  | 0.25 | -0.0625
div(-3, 2)             = -1.5  | 0.5  | 0.75
div(1, 0)              = inf   | inf  | -inf
div(-1, 0)             = -inf  | inf  | inf
div(1, -0.0)           = -inf  | -inf | -inf
div(0, 0)              = nan   | inf  | nan
div(0, 5)              = 0     | 0.2  | -0.0
div(-0.0, 5)           = -0.0  | 0.2  | 0.0
div(5, inf)            = 0     | 0    | -0.0
div(5, -inf)           = -0.0  | -0.0 | -0.0
div(inf, 2)            = inf   | 0.5  | -inf
div(inf, inf)          = nan   | 0    | nan
div(nan, 1)            = nan   | 1    | nan
div(x, y)  ~ x / y | 1 / y | -x / y**2
    : 7,3 1e200,-3 -1e300,7 7,1e-300 3e-317,7e-6 least,1e-10 -1e-310,1e3 1e-300,-1e-5

neg(2)                 = -2    | -1
neg(0.0)               = -0.0  | -1
neg(-0.0)              = 0.0   | -1
neg(-inf)              = inf   | -1
neg(nan)               = nan   | -1

square(-3)             = 9     | -6
square(0.1)            = 0.010000000000000002 | 0.2       # 0.1 * 0.1
square(-0.0)           = 0.0   | -0.0
square(1e200)          = inf   | 2e200
square(-1e-200)        = 0.0   | -2e-200
square(-inf)           = inf   | -inf
square(nan)            = nan   | nan
""")

POWERS = read("""
# 0**0 is 1, both partials 0
pow(0, 0)              = 1     | 0    | 0
pow(-0.0, 0)           = 1     | 0    | 0
pow(0, -0.0)           = 1     | 0    | 0
pow(5, 0)              = 1     | 0    | ~log(5)
pow(inf, 0)            = 1     | 0    | inf
pow(nan, 0)            = 1     | 0    | nan
# by the exponent: 0 at base 0 (exponent >= 0)
pow(0, 0.25)           = 0     | inf  | 0
pow(0, 0.5)            = 0     | inf  | 0
pow(0, 1)              = 0     | 1    | 0
pow(0, 2.5)            = 0     | 0    | 0
pow(-0.0, 2)           = 0     | -0.0 | 0
pow(-0.0, 3)           = -0.0  | 0    | 0
pow(0, -1)             = inf   | -inf | -inf
pow(-0.0, -1)          = -inf  | -inf | ?
# by the exponent: nan at a negative base
pow(-2, 0)             = 1     | 0     | nan
pow(-2, 3)             = -8    | 12    | nan
pow(-2, 4)             = 16    | -32   | nan
pow(-2, -1)            = -0.5  | -0.25 | nan
pow(-1e-200, 3)        = -0.0  | 0     | nan
pow(-inf, 3)           = -inf  | inf   | nan
# a negative base with a fraction is nan, never complex
pow(-8, 1 / 3)         = nan   | nan  | nan
pow(-2, 0.3)           = nan   | nan  | nan
pow(-2, -0.3)          = nan   | nan  | nan
pow(-2, 2.5)           = nan   | nan  | nan
# IEEE 754 at infinities and nans
pow(-inf, 0.25)        = inf   | 0    | nan
pow(-inf, -3)          = -0.0  | -0.0 | nan
pow(2, inf)            = inf   | inf  | inf
pow(2, -inf)           = 0     | ?    | 0
pow(0.5, inf)          = 0     | ?    | -0.0
pow(1, inf)            = 1     | inf  | 0
pow(1, nan)            = 1     | nan  | 0
pow(nan, 1)            = nan   | 1    | nan
pow(nan, 0.3)          = nan   | nan  | nan
pow(nan, 2.5)          = nan   | nan  | nan
pow(2, nan)            = nan   | nan  | nan
pow(inf, 0.25)         = inf   | 0    | inf
pow(inf, 2)            = inf   | inf  | inf
pow(inf, -1)           = 0     | -0.0 | 0
pow(1e200, 2.5)        = inf   | ~1e200**1.5 * 2.5 | inf
pow(4, 0.5)            = 2     | 0.25 | ~2 * log(4)
pow(9, 1)              = 9     | 1    | ~9 * log(9)
pow(x, y)  ~ x**y | y * x**(y - 1) | x**y * log(x)
    : 1.7,2.3 0.3,5 3,-2.5 2,0.3 7,1e-300 1e300,0.3 1e300,-0.7 1,3
    : 1.00000000000006,9.1e15 0.99999999999994,9.1e15
# results that are subnormal, where the partials are not, or are large multiples of them
    : 1e-200,1.6 1e-300,1.07 0.99927,1e6 1.00073,-1e6 1e-309,1e-5
    : 1e-150,3 1e-107,3.0 1.00075,-1e6 1e-300,1.0795 3.3e-313,3.3e-303 4.6e-310,-1.2e-3
pow(x, y)  ~ x**y | y * x**(y - 1) | nan
    : -1.5,3 -2,-3 -0.99927,1000001 -0.99927,1000000 -1.00000000000006,9.1e15 -1.00073,-1000001
    : -1.00073,-1e6

sqrt(4)                = 2     | 0.25
sqrt(0.0)              = 0.0   | inf
sqrt(-0.0)             = -0.0  | inf
sqrt(inf)              = inf   | 0
sqrt(-1)               = nan   | nan
sqrt(-inf)             = nan   | nan
sqrt(nan)              = nan   | nan
sqrt(x)    ~ sqrt(x) | 1 / (2 * sqrt(x))
    : 2 1e-300 1e300 least

cbrt(0.0)              = 0.0   | inf
cbrt(-0.0)             = -0.0  | inf
cbrt(inf)              = inf   | 0
cbrt(-inf)             = -inf  | 0
cbrt(nan)              = nan   | nan
cbrt(x)    ~ sign(x) * cbrt(abs(x)) | 1 / (3 * cbrt(abs(x))**2)
    : 8 -8 2 1e-300 -1e300 least
""")

REMAINDERS = read("""
# Python's //: the floor of the quotient
floordiv(7, 2)         = 3     | 0 | 0
floordiv(-7, 2)        = -4    | 0 | 0
floordiv(7, -2)        = -4    | 0 | 0
floordiv(-7, -2)       = 3     | 0 | 0
floordiv(6, 3)         = 2     | 0 | 0
floordiv(-6, 3)        = -2    | 0 | 0
floordiv(6, -3)        = -2    | 0 | 0
floordiv(1, 0.1)       = 9     | 0 | 0     # ten tenths, each a little more than a tenth, are more than 1
floordiv(38, 0.09475895480079886)  = 401  | 0 | 0    # the rounded quotient is beside the whole number
floordiv(76.2, 0.3)    = 254   | 0 | 0
floordiv(-38, 0.09475895480079886) = -402 | 0 | 0
floordiv(-76.2, 0.3)   = -255  | 0 | 0
floordiv(0.5, 1)       = 0.0   | 0 | 0
floordiv(0.0, -5)      = -0.0  | 0 | 0
floordiv(-0.0, 5)      = -0.0  | 0 | 0
floordiv(-0.0, -5)     = 0.0   | 0 | 0
floordiv(-least, 1e300) = -1   | 0 | 0
floordiv(5, inf)       = 0.0   | 0 | 0
floordiv(-5, inf)      = -1    | 0 | 0
floordiv(5, -inf)      = -1    | 0 | 0
floordiv(1, 0)         = inf   | 0 | 0     # IEEE's quotient, where Python raises
floordiv(-1, 0)        = -inf  | 0 | 0
floordiv(1, -0.0)      = -inf  | 0 | 0
floordiv(0, 0)         = nan   | 0 | 0
floordiv(inf, 2)       = nan   | 0 | 0
floordiv(nan, 2)       = nan   | 0 | 0
floordiv(2, nan)       = nan   | 0 | 0

# Python's sign, that of y; partials 1 and -(x // y)
remainder(7, 3)        = 1     | 1 | -2
remainder(-7, 3)       = 2     | 1 | 3
remainder(7, -3)       = -2    | 1 | 3
remainder(-7, -3)      = -1    | 1 | -2
remainder(6, 3)        = 0.0   | 1 | -2
remainder(-6, 3)       = 0.0   | 1 | 2
remainder(6, -3)       = -0.0  | 1 | 2
remainder(-6, -3)      = -0.0  | 1 | -2
remainder(-0.0, 3)     = 0.0   | 1 | 0.0
remainder(0.0, -3)     = -0.0  | 1 | 0.0
remainder(5.5, 2)      = 1.5   | 1 | -2
remainder(1, 0.1)      = 0.09999999999999995 | 1 | -9
remainder(-1e-20, 1)   = 1     | 1 | 1     # 1 - 1e-20, rounded
remainder(5, inf)      = 5     | 1 | -0.0
remainder(-5, inf)     = inf   | 1 | 1
remainder(5, -inf)     = -inf  | 1 | 1
remainder(-5, -inf)    = -5    | 1 | -0.0
remainder(1, 0)        = nan   | 1 | -inf
remainder(inf, 3)      = nan   | 1 | nan
remainder(nan, 3)      = nan   | 1 | nan
remainder(3, nan)      = nan   | 1 | nan

# C's sign, that of x; partials 1 and -trunc(x / y), of the exact quotient
fmod(7, 3)             = 1     | 1 | -2
fmod(-7, 3)            = -1    | 1 | 2
fmod(7, -3)            = 1     | 1 | 2
fmod(-7, -3)           = -1    | 1 | -2
fmod(8, 3)             = 2     | 1 | -2
fmod(-8, 3)            = -2    | 1 | 2
fmod(6, 3)             = 0.0   | 1 | -2
fmod(-6, 3)            = -0.0  | 1 | 2
fmod(-0.0, 3)          = -0.0  | 1 | ~0
fmod(down(6), 3)       = 2.999999999999999 | 1 | -1       # x one ulp beside a multiple
fmod(up(6), 3)         = 8.881784197001252e-16 | 1 | -2
fmod(1, 0.1)           = 0.09999999999999995 | 1 | -9     # 1 / 0.1 rounds to 10
fmod(1, down(0.1))     = 8.326672684688674e-17 | 1 | -10  # y one ulp beside a divisor
fmod(6, down(3))       = 8.881784197001252e-16 | 1 | -2
fmod(6, up(3))         = 2.9999999999999996 | 1 | -1
fmod(38, 0.09475895480079886)      = 0.0016591248796554853 | 1 | -401
fmod(76.2, 0.3)        = 5.662137425588298e-15 | 1 | -254
fmod(5, inf)           = 5     | 1 | ~0
fmod(inf, 3)           = nan   | 1 | nan
fmod(5, 0)             = nan   | 1 | ?
fmod(nan, 3)           = nan   | 1 | nan
fmod(3, nan)           = nan   | 1 | nan
""")
