"""Facts of piecewise functions, and of hypot and logaddexp. `facts.py` says how to read a line."""

from __future__ import annotations

from tests.support.facts import read

PIECEWISE = read("""
abs(-2)                = 2     | -1
abs(2)                 = 2     | 1
abs(0.0)               = 0.0   | 0
abs(-0.0)              = 0.0   | 0
abs(least)             = least | 1
abs(-least)            = least | -1
abs(-inf)              = inf   | -1
abs(nan)               = nan   | 0

sign(-2)               = -1    | 0
sign(2)                = 1     | 0
sign(0.0)              = 0.0   | 0
sign(-0.0)             = -0.0  | 0
sign(least)            = 1     | 0
sign(-least)           = -1    | 0
sign(inf)              = 1     | 0
sign(-inf)             = -1    | 0
sign(nan)              = nan   | 0

floor(2.5)             = 2     | 0
floor(-2.5)            = -3    | 0
floor(2)               = 2     | 0
floor(0.5)             = 0.0   | 0
floor(-0.0)            = -0.0  | 0
floor(-0.5)            = -1    | 0
floor(1e300)           = 1e300 | 0
floor(-inf)            = -inf  | 0
floor(nan)             = nan   | 0

ceil(2.5)              = 3     | 0
ceil(-2.5)             = -2    | 0
ceil(2)                = 2     | 0
ceil(0.5)              = 1     | 0
ceil(0.0)              = 0.0   | 0
ceil(-0.5)             = -0.0  | 0
ceil(inf)              = inf   | 0
ceil(nan)              = nan   | 0

trunc(2.5)             = 2     | 0
trunc(-2.5)            = -2    | 0
trunc(2.7)             = 2     | 0
trunc(-2.7)            = -2    | 0
trunc(0.5)             = 0.0   | 0
trunc(-0.5)            = -0.0  | 0
trunc(-0.0)            = -0.0  | 0
trunc(-inf)            = -inf  | 0
trunc(nan)             = nan   | 0

# halves to even
round(0.5)             = 0.0   | 0
round(1.5)             = 2     | 0
round(2.5)             = 2     | 0
round(3.5)             = 4     | 0
round(-0.5)            = -0.0  | 0
round(-1.5)            = -2    | 0
round(-2.5)            = -2    | 0
round(2.6)             = 3     | 0
round(-2.4)            = -2    | 0
round(0.49999999999999994) = 0.0 | 0
round(4503599627370495.5)  = 4503599627370496 | 0
round(inf)             = inf   | 0
round(nan)             = nan   | 0

# derivative 0 at x = 0, as for abs; a nan counts as positive, whatever its sign bit
copysign(2, 3)         = 2     | 1   | 0
copysign(2, -3)        = -2    | -1  | 0
copysign(-2, 3)        = 2     | -1  | 0
copysign(-2, -3)       = -2    | 1   | 0
copysign(2, 0.0)       = 2     | 1   | 0
copysign(2, -0.0)      = -2    | -1  | 0
copysign(0.0, -1)      = -0.0  | 0   | 0
copysign(-0.0, 1)      = 0.0   | 0   | 0
copysign(2, nan)       = 2     | 1   | 0
copysign(2, -nan)      = 2     | 1   | 0
copysign(-2, nan)      = 2     | -1  | 0
copysign(-2, -nan)     = 2     | -1  | 0
copysign(inf, -2)      = -inf  | -1  | 0
copysign(-inf, -inf)   = -inf  | 1   | 0
copysign(nan, -1)      = nan   | nan | 0

# in a tie 1/2 each; maximum(nan, 1) is nan
maximum(2, 1)          = 2     | 1   | 0
maximum(1, 2)          = 2     | 0   | 1
maximum(1, 1)          = 1     | 0.5 | 0.5
maximum(0.0, -0.0)     = 0.0   | 0.5 | 0.5
maximum(-0.0, 0.0)     = -0.0  | 0.5 | 0.5   # equal: the first
maximum(inf, inf)      = inf   | 0.5 | 0.5
maximum(-inf, 1)       = 1     | 0   | 1
maximum(nan, 1)        = nan   | 1   | 0
maximum(1, nan)        = nan   | 0   | 1
maximum(nan, nan)      = nan   | 1   | 1

minimum(2, 1)          = 1     | 0   | 1
minimum(1, 2)          = 1     | 1   | 0
minimum(1, 1)          = 1     | 0.5 | 0.5
minimum(0.0, -0.0)     = 0.0   | 0.5 | 0.5
minimum(-0.0, 0.0)     = -0.0  | 0.5 | 0.5
minimum(-inf, -inf)    = -inf  | 0.5 | 0.5
minimum(inf, 1)        = 1     | 0   | 1
minimum(nan, 1)        = nan   | 1   | 0
minimum(1, nan)        = nan   | 0   | 1
minimum(nan, nan)      = nan   | 1   | 1

# derivative 1 at a bound; where lo > hi the result is hi
clip(0.5, 0, 1)        = 0.5   | 1 | 0 | 0
clip(-1, 0, 1)         = 0     | 0 | 1 | 0
clip(2, 0, 1)          = 1     | 0 | 0 | 1
clip(0, 0, 1)          = 0     | 1 | 0 | 0
clip(1, 0, 1)          = 1     | 1 | 0 | 0
clip(-0.0, 0.0, 1)     = -0.0  | 1 | 0 | 0
clip(0.0, -1, -0.0)    = 0.0   | 1 | 0 | 0
clip(down(0.0), 0, 1)  = 0     | 0 | 1 | 0
clip(up(1.0), 0, 1)    = 1     | 0 | 0 | 1
clip(1, 1, 1)          = 1     | 1 | 0 | 0
clip(0, 1, 1)          = 1     | 0 | 1 | 0
clip(2, 1, 1)          = 1     | 0 | 0 | 1
clip(1.5, 2, 1)        = 1     | 0 | 0 | 1
clip(5, 2, 1)          = 1     | 0 | 0 | 1
clip(0, 2, 1)          = 1     | 0 | 0 | 1
clip(inf, 0, 1)        = 1     | 0 | 0 | 1
clip(-inf, 0, 1)       = 0     | 0 | 1 | 0
clip(3, -inf, inf)     = 3     | 1 | 0 | 0
clip(inf, 0, inf)      = inf   | 1 | 0 | 0
clip(nan, 0, 1)        = nan   | 1 | 0 | 0
clip(nan, 1, 1)        = nan   | 1 | 0 | 0
clip(nan, 2, 1)        = 1     | 0 | 0 | 1

# partial 0 for the branch not chosen, whatever its value
where(1, 2, 3)         = 2     | 0 | 1 | 0
where(0, 2, 3)         = 3     | 0 | 0 | 1
where(-0.0, 2, 3)      = 3     | 0 | 0 | 1
where(-1, 2, 3)        = 2     | 0 | 1 | 0
where(least, 2, 3)     = 2     | 0 | 1 | 0
where(nan, 2, 3)       = 2     | 0 | 1 | 0
where(1, 2, nan)       = 2     | 0 | 1 | 0
where(0, inf, 3)       = 3     | 0 | 0 | 1
where(0, 2, nan)       = nan   | 0 | 0 | 1
where(1, -0.0, 3)      = -0.0  | 0 | 1 | 0
""")

OF_TWO = read("""
# partials 0 at the origin
hypot(3, 4)            = 5     | 0.6 | 0.8
hypot(-3, 4)           = 5     | -0.6 | 0.8
hypot(0, 0)            = 0     | 0   | 0
hypot(-0.0, 0.0)       = 0     | 0   | 0
hypot(0, 5)            = 5     | 0   | 1
hypot(-3, 0)           = 3     | -1  | 0
hypot(inf, inf)        = inf   | nan | nan
hypot(-inf, inf)       = inf   | nan | nan
hypot(inf, 1)          = inf   | 1   | 0
hypot(-inf, 1)         = inf   | -1  | 0
hypot(1, inf)          = inf   | 0   | 1
hypot(1, -inf)         = inf   | 0   | -1
hypot(-1, inf)         = inf   | 0   | 1
hypot(-1, -inf)        = inf   | 0   | -1
hypot(0, nan)          = nan   | nan | nan
hypot(inf, nan)        = inf   | nan | nan
hypot(nan, inf)        = inf   | nan | nan
hypot(nan, 1)          = nan   | nan | nan
hypot(1, nan)          = nan   | nan | nan
hypot(x, y) ~ sqrt(x**2 + y**2) | x / z | y / z
    : 1,2 -5,7 -1e200,2e200 2e200,-1e200 3e-200,4e-200 least,least 1e-320,-2e-320 3e-295,1e-296
    : 1.5e308,1.5e308 1.2e308,-1e308 1e300,1e295 3e290,4e290 7,1e-310

logaddexp(0, 0)        = ~log(2) | 0.5 | 0.5
logaddexp(inf, inf)    = inf   | 0.5 | 0.5
logaddexp(-inf, -inf)  = -inf  | 0.5 | 0.5
logaddexp(inf, -inf)   = inf   | 1   | 0
logaddexp(-inf, inf)   = inf   | 0   | 1
logaddexp(inf, 1)      = inf   | 1   | 0
logaddexp(-inf, 3)     = 3     | 0   | 1
logaddexp(3, -inf)     = 3     | 1   | 0
logaddexp(1e308, -1e308) = 1e308 | 1 | 0
logaddexp(nan, 1)      = nan   | nan | nan
logaddexp(1, nan)      = nan   | nan | nan
logaddexp(x, y) ~ max(x, y) + log1p(exp(-abs(x - y))) | 1 / (1 + exp(y - x)) | 1 / (1 + exp(x - y))
    : 1,2 2,1 5,5 0.5,-30
    : 1e4,1e4 -30,0.5
# what the rounding of x - y throws away is not lost
    : 0.1,-700.4 -700.4,0.1
    : 0.001,-640.3 1e4,-1.7

exp_sub(3, 3)          = 1     | 1   | -1
exp_sub(inf, inf)      = 1     | 1   | -1    # the weight of the largest, also where it is infinite
exp_sub(-inf, -inf)    = 1     | 1   | -1
exp_sub(-inf, 3)       = 0.0   | 0   | -0.0
exp_sub(3, inf)        = 0.0   | 0   | -0.0
exp_sub(inf, 3)        = inf   | inf | -inf
exp_sub(1e308, -1e308) = inf   | inf | -inf
exp_sub(nan, 1)        = nan   | nan | nan
exp_sub(1, nan)        = nan   | nan | nan
exp_sub(x, y) ~ exp(x - y) | exp(x - y) | -exp(x - y)
    : 1,3 3,1 -700.4,0.1 0.1,-700.4 -640.3,0.001 -745,0.3
""")
