"""Special functions in mpmath, where its own do not reach: near a pole, and near 1."""

from __future__ import annotations

from typing import Any

from mpmath import mp, mpf


def psi(n: Any, x: Any) -> Any:
    """digamma for n = 0, polygamma(n, x) for a whole n above; nan and infinite ones are not here.

    mpmath takes a number for a pole if it is too near, so the nearest term of the sum is taken off first.
    """
    n, x = int(n), mpf(x)
    if abs(x) < 1:
        return psi(n, 1 + x) - (-1) ** n * mp.factorial(n) / x ** (n + 1)
    return mp.psi(n, x)


def lgamma(x: Any) -> Any:
    return mp.loggamma(x).real


def erfinv(x: Any) -> Any:
    """Newton's method from mpmath's own, by erfc: so that the digits of 1 - x count."""
    a = abs(x)
    if a < mpf("1e-30"):
        return x * mp.sqrt(mp.pi) / 2
    with mp.extradps(20):
        y = mp.sqrt(-mp.log(1 - a)) if a > mpf("0.99") else mp.erfinv(a)
        for _ in range(100):
            step = (mp.erfc(y) - (1 - a)) * mp.sqrt(mp.pi) / 2 * mp.exp(y * y)
            y += step
            if abs(step) < abs(y) * mp.eps * 1000:
                break
        y = y if x > 0 else -y
    return +y
