"""Facts of the functions of many numbers. `facts.py` says how to read a line; X are all operands."""

from __future__ import annotations

from tests.support.facts import read

SUMS = read("""
sum(1, 2, 4)           = 7     | 1 ...
sum(-3)                = -3    | 1
sum(-0.0)              = -0.0  | 1
sum(-0.0, -0.0)        = -0.0  | 1 ...
sum(0.0, -0.0)         = 0.0   | 1 ...
sum(inf, -inf)         = nan   | 1 ...
sum(1, nan)            = nan   | 1 ...
# ((s0+s4)+(s2+s6)) + ((s1+s5)+(s3+s7)): what meets 1e16 alone is lost, what meets it after -1e16 is not
sum(1e16, 1, -1e16, 1)                = 2 | 1 ...
sum(1e16, 1, 1, 1, -1e16, 1, 1, 1)    = 6 | 1 ...
sum(1, 1e16, 1, 1, 1, -1e16, 1, 1)    = 6 | 1 ...
sum(1, 1, 1, 1e16, 1, 1, 1, -1e16)    = 6 | 1 ...
sum(1, 1, 1e16, 1, 1, 1, -1e16, 1)    = 6 | 1 ...
sum(1e16, 0, -1e16, 1)                = 1 | 1 ...
sum(1e16, -1e16, 1, 1)                = 0 | 1 ...     # s0+s2 and s1+s3 come first, and lose their 1
sum(1e16, 0, 1, 0, 0, -1e16)          = 0 | 1 ...
sum(1e16, 0, 0, 0, -1e16, 0, 0, 0, 1) = 0 | 1 ...     # the ninth joins the first
sum(1e16, 0, 0, 0, 1, 0, 0, 0, -1e16) = 1 | 1 ...
sum(0, 1e16, 0, 0, 0, 1, 0, 0, 0, -1e16) = 1 | 1 ...
# chunks of 128, in order
sum(*at(128, {0: 1e16, 125: 1, 126: -1e16}))  = 1  | 1 ...
sum(*at(129, {0: 1e16, 127: -1e16, 128: 1}))  = 1  | 1 ...
sum(*at(129, {0: 1e16, 120: 1, 128: -1e16}))  = 0  | 1 ...
sum(*at(130, {0: 1e16, 127: 1, 128: -1e16}))  = 0  | 1 ...
sum(*at(257, {0: 1, 128: 1e16, 256: -1e16}))  = 0  | 1 ...
sum(*at(385, {0: 1e16, 128: -1e16, 256: 1, 384: 1})) = 2 | 1 ...

mean(1, 2, 6)          = 3     | ~1 / 3 ...
mean(5)                = 5     | 1
mean(1, -1)            = 0     | 0.5 ...
mean(inf, 1)           = inf   | 0.5 ...
mean(1, nan)           = nan   | 0.5 ...
mean(1e308, 1e308)     = 1e308 | 0.5 ...              # where the sum overflows
mean(1e308, 1e308, inf) = inf  | ~1 / 3 ...

# sums that overflow only on their way
sum(1e308, -1e308, 1e308, -1e308) = 0 | 1 ...
sum(1e308, 1e308)      = inf   | 1 ...
sum(-1e308, -1e308)    = -inf  | 1 ...
sum(1e308, inf, -1e308, -inf) = nan | 1 ...

# left to right, from the first product
dot(1, 2, 3, 4)        = 14    | 2 | 1 | 4 | 3
dot(-0.0, 1)           = -0.0  | 1 | -0.0
dot(-0.0, 1, -0.0, 1)  = -0.0  | 1 | -0.0 | 1 | -0.0
dot(1e16, 1, 1, 1, -1e16, 1) = 0 | 1 | 1e16 | 1 | 1 | 1 | -1e16
dot(1e16, 1, -1e16, 1, 1, 1) = 1 | 1 | 1e16 | 1 | -1e16 | 1 | 1
dot(inf, 0)            = nan   | 0 | inf
dot(2, nan, 3, 1)      = nan   | nan | 2 | 1 | 3
dot(1e200, 1e200)      = inf   | 1e200 | 1e200
dot(1e200, -1e200)     = -inf  | -1e200 | 1e200
# terms that over- or underflow, or a sum that overflows on its way
dot(1e308, 1, 1e308, 1, -1e308, 1) = 1e308 | 1 | 1e308 | 1 | 1e308 | 1 | -1e308
dot(1e200, 1e200, -1e200, 1e200, 5, 1) = 0 | 1e200 | 1e200 | 1e200 | -1e200 | 1 | 5
dot(least, 0.25, least, 0.25, least, 0.25) = least | 0.25 | least | 0.25 | least | 0.25 | least
dot(-1e-200, 1e-124, 1e-200, 1e-124) = 0.0 | 1e-124 | -1e-200 | 1e-124 | 1e-200
dot(0, 5, 3, -0.0)     = 0     | 5 | 0 | -0.0 | 3

prod(2, 3, 4)          = 24    | 12 | 8 | 6
prod(-7)               = -7    | 1
prod(2, 0, 5)          = 0     | 0 | 10 | 0
prod(0, 0, 5)          = 0     | 0 | 0 | 0
prod(-0.0)             = -0.0  | 1
prod(2, nan)           = nan   | nan | 2
# some of the factors over- or underflow
prod(1e200, 1e200, 1e-300) = ~1e100 | ~1e-100 | ~1e-100 | inf
prod(nan, 1e200, 1e100) = nan  | ~1e300 | nan | nan
prod(0, -1e150, 1e100) = -0.0  | ~-1e250 | 0 | -0.0
prod(inf, 1e-150, -1e-100) = -inf | ~-1e-250 | -inf | inf
prod(least, 1e-245, 1e-245) = 0 | 0 | 0 | 0
prod(1e300)            = 1e300 | 1
prod(-1e300, 1)        = -1e300 | 1 | -1e300
prod(1e150, 2)         = ~2e150 | ~2 | ~1e150
prod(1e-150, 2)        = ~2e-150 | ~2 | ~1e-150
prod(1e-300, -2)       = ~-2e-300 | ~-2 | ~1e-300
prod(least, 1)         = least | 1 | least
prod(1e280, 1e-280, 3) = ~3    | ~3e-280 | ~3e280 | ~1
prod(1e280, 1e20)      = ~1e300 | ~1e20 | ~1e280
prod(1e-280, 1e-20)    = ~1e-300 | ~1e-20 | ~1e-280
prod(1e-200, 1e-200)   = 0     | ~1e-200 | ~1e-200
prod(-1e200, 1e200)    = -inf  | ~1e200 | ~-1e200
prod(1e-300, 1e-300, -1e-300) = -0.0 | -0.0 | -0.0 | 0
prod(-1e300, 1e300, 1e300) = -inf | inf | -inf | -inf
prod(-inf, 1e-300, 1e300, -3) = inf | ~-3 | inf | inf | -inf
prod(-1e200, 0, 1e200) = -0.0  | 0 | -inf | -0.0
prod(least, least, 1e308, 1e308) = ~(5e-324 * 1e308)**2 | ~(5e-324 * 1e308) * 1e308 | ~(5e-324 * 1e308) * 1e308 | 0 | 0
# the product of the others, whatever the number is
prod(0, inf)           = nan   | inf | 0
prod(inf, 2)           = inf   | 2 | inf
prod(inf, -inf, 2)     = -inf  | -inf | inf | -inf
prod(0, inf, 2)        = nan   | inf | 0 | nan
prod(0, 0, inf)        = nan   | nan | nan | 0
prod(nan, 0, 3)        = nan   | 0 | nan | nan
prod(nan, nan, 3)      = nan   | nan ...

custom(7, 2, 5)        = 7     | ? | 5 | ?
custom(7, 2, 5, -3, -0.5) = 7  | ? | 5 | ? | -0.5 | ?
custom(nan, 2, inf)    = nan   | ? | inf | ?
custom(-0.0, 2, -0.0)  = -0.0  | ? | -0.0 | ?
ruled(7, 2, 5)        = 7     | ? | 5 | ?
ruled(7, 2, 5, -3, -0.5) = 7  | ? | 5 | ? | -0.5 | ?
ruled(nan, 2, inf)    = nan   | ? | inf | ?
ruled(-0.0, 2, -0.0)  = -0.0  | ? | -0.0 | ?
""")

LARGEST = read("""
# in a tie of k, or of k nans, 1/k each
max(1, 3, 2)           = 3     | 0 | 1 | 0
max(3, 1, 2)           = 3     | 1 | 0 | 0
max(1, 2, 3)           = 3     | 0 | 0 | 1
max(7)                 = 7     | 1
max(1, 3, 3, 2, 3)     = 3     | 0 | 1 / 3 | 1 / 3 | 0 | 1 / 3
max(4, 4, 4, 4)        = 4     | 0.25 ...
max(0.0, -0.0)         = 0.0   | 0.5 ...
max(-0.0, 0.0)         = -0.0  | 0.5 ...
max(-inf, -inf)        = -inf  | 0.5 ...
max(inf, 1, inf)       = inf   | 0.5 | 0 | 0.5
max(nan, 1)            = nan   | 1 | 0
max(1, nan)            = nan   | 0 | 1
max(2, nan, 2, -nan)   = nan   | 0 | 0.5 | 0 | 0.5
max(inf, nan, -inf)    = nan   | 0 | 1 | 0

min(1, 3, 2)           = 1     | 1 | 0 | 0
min(3, 1, 2)           = 1     | 0 | 1 | 0
min(3, 2, 1)           = 1     | 0 | 0 | 1
min(7)                 = 7     | 1
min(1, 3, 1, 2, 1)     = 1     | 1 / 3 | 0 | 1 / 3 | 0 | 1 / 3
min(0.0, -0.0)         = 0.0   | 0.5 ...
min(-0.0, 0.0)         = -0.0  | 0.5 ...
min(inf, inf)          = inf   | 0.5 ...
min(nan, 1)            = nan   | 1 | 0
min(1, nan)            = nan   | 0 | 1
min(2, nan, 2, -nan)   = nan   | 0 | 0.5 | 0 | 0.5
min(inf, nan, -inf)    = nan   | 0 | 1 | 0
""")

EXPONENTIALS = read("""
logsumexp(5)           = 5     | 1
logsumexp(-0.0)        = 0.0   | 1
logsumexp(0, 0)        = ~log(2) | 0.5 ...
logsumexp(1e4, 1e4, 1e4, 1e4) = ~10000 + log(4) | 0.25 ...
logsumexp(-1e4, -1e4)  = ~-10000 + log(2) | 0.5 ...
logsumexp(inf, 1)      = inf   | 1 | 0
logsumexp(1, inf)      = inf   | 0 | 1
logsumexp(inf, inf)    = inf   | 0.5 ...
logsumexp(-inf, 3)     = 3     | 0 | 1
logsumexp(-inf, -inf)  = -inf  | 0.5 ...
logsumexp(nan, 1)      = nan   | nan ...
logsumexp(1, nan, 5)   = nan   | nan ...
logsumexp(1e308, -1e308) = 1e308 | 1 | 0
logsumexp(X) ~ log(sum(exp(x) for x in X)) | [exp(x - z) for x in X]
    : 1,2,3 3,1,2 2,3,1 1,3,3 0.5,-30 -700.4,0.1 0.1,-700.4 900,-900,899 5,5,5,-1
    : 0,0,*[-36.8]*600 0,*[-36.8]*50,0,*[-36.8]*600            # small weights among large ones, many times
# weights whose exponential is subnormal, or nearly
logsumexp(X) ~ max(*X) + log(sum(exp(x - max(*X)) for x in X)) | [exp(x - z) for x in X]
    : 0,0.5,-701 0.3,-705,-3 0.1,-708.5,0 1000.3,291,1000.1 -0.7,-0.5,-700.75 0,0.25,-699.9,-700.3
    : 0.7,-701.1,0.123 0.9,-703.7,0.3 0.1,-690.4,-0.3 0.3,-650.7,0.2
# where log(1 + rest) is all that there is
logsumexp(X) ~ max(*X) + log1p(sum(exp(x) for x in X) - 1) | [exp(x - z) for x in X]
    : 0,-40 -40,0 0,-40,-41

softmax[0](0, 0)       = 0.5   | 0.25 | -0.25
softmax[1](0, 0)       = 0.5   | -0.25 | 0.25
softmax[0](7)          = 1     | ~0
softmax[0](inf, 1)     = 1     | ~0 | ~0
softmax[1](inf, 1)     = 0     | ~0 | ~0
softmax[0](-inf, 3)    = 0     | ~0 | ~0
softmax[0](1e4, 1e4)   = 0.5   | 0.25 | -0.25
softmax[0](nan, 1)     = nan   | nan ...
softmax[2](X) ~ exp(X[2]) / sum(exp(x) for x in X) | [z * ((k == 2) - exp(x - X[2]) * z) for k, x in enumerate(X)]
    : 1,2,3 3,1,2 0.5,-3,1,2 -700.4,0.1,-1

log_softmax[0](0, 0)   = ~-log(2) | 0.5 | -0.5
log_softmax[1](0, 0)   = ~-log(2) | -0.5 | 0.5
log_softmax[0](7)      = 0     | ~0
log_softmax[1](0, -1e4) = -1e4 | -1 | 1
log_softmax[0](0, -1e4) = 0    | ~0 | ~0
log_softmax[1](-inf, 3) = 0    | ~0 | ~0
log_softmax[0](nan, 1) = nan   | nan ...
log_softmax[2](X) ~ X[2] - log(sum(exp(x) for x in X)) | [(k == 2) - exp(x - X[2] + z) for k, x in enumerate(X)]
    : 1,2,3 3,1,2 0.5,-3,1,2 1e4,9999,10001
""")

NORMS = read("""
# gradient 0 at the origin
norm(0)                = 0     | 0
norm(-0.0, 0.0)        = 0     | 0 | 0
norm(0, 0, 0)          = 0     | 0 ...
norm(-3)               = 3     | -1
norm(3, 4)             = 5     | ~0.6 | ~0.8
norm(-3, 0, 4)         = 5     | ~-0.6 | 0 | ~0.8
norm(inf, 1)           = inf   | 1 | 0
norm(1, -inf)          = inf   | 0 | -1
norm(inf, inf)         = inf   | nan ...
norm(nan, 1)           = nan   | nan ...
norm(inf, nan, 1)      = inf   | nan | nan | 0
norm(1e308, 1e308, -inf) = inf | 0 | 0 | -1
norm(1, nan)           = nan   | nan ...
norm(X) ~ sqrt(sum(x * x for x in X)) | [x / z for x in X]
    : 1,2,3 1e200,-2e200 1e-200,3e-200 least,least 1e-320,-2e-320 1.5e308,1.5e308 9e139,1e140 2e140,1e139
    : 1e-140,1e-141 -2e-141,9e-141 1e307,-1e-300,1e306 1e-141,1e-300 3e-150,1e-290 1.7e308,1.7e308,1.7e308 1e200,1e-150
""")
