"""Facts of the error function, the gamma function and its relatives. `facts.py` says how to read a line."""

from __future__ import annotations

from tests.support.facts import read

ERRORS = read("""
erf(0.0)               = 0.0   | ~2 / sqrt(pi)
erf(-0.0)              = -0.0  | ~2 / sqrt(pi)
erf(inf)               = 1     | 0
erf(-inf)              = -1    | 0
erf(nan)               = nan   | nan
erf(x)     ~ erf(x) | 2 / sqrt(pi) * exp(-x**2)
    : 0.5 -0.7 1.3 -2.1 3.3 5.9 -12.3 26.1 27.2 30

erfc(0)                = 1     | ~-2 / sqrt(pi)
erfc(inf)              = 0.0   | -0.0
erfc(-inf)             = 2     | -0.0
erfc(nan)              = nan   | nan
erfc(x)    ~ erfc(x) | -2 / sqrt(pi) * exp(-x**2)
    : 0.5 -0.7 1.3 -2.1 3.3 5.9 -12.3 26.1 27.2 30

erfinv(0.0)            = 0.0   | ~sqrt(pi) / 2
erfinv(-0.0)           = -0.0  | ~sqrt(pi) / 2
erfinv(1)              = inf   | inf
erfinv(-1)             = -inf  | inf
erfinv(up(1))          = nan   | nan
erfinv(-2)             = nan   | nan
erfinv(inf)            = nan   | nan
erfinv(nan)            = nan   | nan
erfinv(least)          = least | ~sqrt(pi) / 2
erfinv(x)  ~~ erfinv(x) | sqrt(pi) / 2 * exp(z**2)
    : 1e-300 -1e-310 1e-9 down(1e-8) 1e-8 3e-7 -1e-3 0.1 -0.3 down(0.5) 0.5 -0.5 0.75 0.9 -0.97 0.99999 -0.9999999999
    : down(1) -down(1) 0.9999999999999 0.99999999999999
""")

GAMMAS = read("""
lgamma(1)              = 0.0   | ~-0.57721566490153286060651209008240243
lgamma(2)              = 0.0   | ~0.42278433509846713939348790991759757
lgamma(0.0)            = inf   | -inf
lgamma(-0.0)           = inf   | inf
lgamma(-1)             = inf   | nan
lgamma(-7)             = inf   | nan
lgamma(-1e300)         = inf   | nan
lgamma(inf)            = inf   | inf
lgamma(-inf)           = inf   | nan
lgamma(nan)            = nan   | nan
lgamma(x)  ~ lgamma(x) | psi(0, x)
    : 0.5 1.25 3 100 1e10 1e300 1e-300 -1e-300 -1e-5 -0.3 -2.4 -2.75 -20.1 -1000.3

digamma(1)             = ~-0.57721566490153286060651209008240243 | ~pi**2 / 6
digamma(0.0)           = -inf  | inf
digamma(-0.0)          = inf   | inf
digamma(-1)            = nan   | inf
digamma(-2)            = nan   | inf
digamma(-1e300)        = nan   | inf
digamma(inf)           = inf   | 0.0
digamma(-inf)          = nan   | nan
digamma(nan)           = nan   | nan
digamma(least)         = -inf  | inf
digamma(x) ~~ psi(0, x) | psi(1, x)
    : 1e-300 -1e-300 1e-20 -1e-20 1e-5 0.3 0.7 down(1) 1.0 1.2 1.4616321449683622 1.4616321449683624 1.46 1.4617 1.7 1.9
    : down(2) 2 2.3 2.9 down(3) 3 3.5 4.7 6.5 7.9 8 8.1 down(9) 9 9.1 10.5 20 1000 1e10 1e160 1e300
    : -0.1 -0.24 -0.25 -0.26 -0.4 -0.45 -0.5 -1.48 -0.6 -0.75 -0.76 -0.9 -1.2 -1.4 -1.7 -1.99 -7.3 -7.7
    : -20.26 -20.9 -1000.3

polygamma(0, 0.0)      = -inf  | 0.0 | inf
polygamma(0, 1)        = ~-0.57721566490153286060651209008240243 | 0.0 | ~pi**2 / 6
polygamma(1, 1)        = ~pi**2 / 6 | 0.0 | ~-2.4041138063191885707994763230228999815
polygamma(1, 0.5)      = ~pi**2 / 2 | 0.0 | ~-16.828796644234319995596334261160299870
polygamma(1, 0.0)      = inf   | 0.0 | -inf
polygamma(1, -0.0)     = inf   | 0.0 | inf
polygamma(1, -3)       = inf   | 0.0 | nan
polygamma(2, 0.0)      = -inf  | 0.0 | inf
polygamma(2, -0.0)     = inf   | 0.0 | inf
polygamma(2, -3)       = nan   | 0.0 | inf
polygamma(1, inf)      = 0.0   | 0.0 | -0.0
polygamma(2, inf)      = -0.0  | 0.0 | 0.0
polygamma(0, inf)      = inf   | 0.0 | 0.0
polygamma(1, -inf)     = nan   | 0.0 | nan
polygamma(2, nan)      = nan   | 0.0 | nan
polygamma(nan, 2)      = nan   | 0.0 | nan
polygamma(-1, 2)       = nan   | 0.0 | ~0.42278433509846713939348790991759757
polygamma(-2, 2)       = nan   | 0.0 | nan
polygamma(0.5, 2)      = nan   | 0.0 | nan
polygamma(inf, 2)      = nan   | 0.0 | nan
polygamma(inf, inf)    = nan   | 0.0 | nan
polygamma(inf, 0.0)    = nan   | 0.0 | nan
polygamma(-inf, 2)     = nan   | 0.0 | nan
polygamma(1e300, 2)    = -inf  | 0.0 | ?
polygamma(1e17, 1e300) = -0.0  | 0.0 | ?
polygamma(1e100, 2)    = -inf  | 0.0 | ?
polygamma(1e300, 1e300) = -0.0 | 0.0 | ?
polygamma(1e300, 2e299) = -inf | 0.0 | ?
polygamma(n, x) ~~ psi(n, x) | 0 | psi(n + 1, x)
    : 1,1e-300 1,1e-100 1,-1e-100 1,0.1 1,0.9 1,1.5 1,2.5 1,5 1,9 1,20 1,1e10 1,1e200 1,1e308 2,0.3 2,1.1 2,4 2,1e-90
    : 2,1e150 2,1e155 3,0.7 3,3 4,2 5,6 8,1.3 12,7 20,0.4 20,4 20,15 20,300 30,10 40,25 60,20 100,1 100,8 100,50
    : 60,1e-4 169,60 100,0.9 50,0.02 51,0.04
    : 1,-0.3 1,-0.5 1,-0.6 1,-1.1 1,-2.5 1,-7.8 1,-100.2 1,-1000.7 2,-0.2 2,-0.7 2,-1.3 2,-1.8 2,-10.1 3,-0.4 3,-1.6
    : 3,-2.2 4,-0.3 4,-3.7 5,-1.4 5,-2.5 12,-4.2 13,-4.8 20,-0.45 20,-2.6 21,-3.3 100,-5.25 100,-5.75
polygamma(n, x) ~ psi(n, x) | 0 | psi(n + 1, x)
    : 255,256
polygamma(n, x) ~ psi(n, x) | 0 | ?
    : 170,1 170,30 170,170 171,172 511,512 1023,1024
""")
