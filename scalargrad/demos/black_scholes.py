"""The demo `options`: implied volatilities by Newton's method, and the greeks, which are derivatives of the price.

The price is written once, as its formula. `value_and_grad`, `grad` and `hessian` find its derivatives.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

import scalargrad as sg
from scalargrad import extras
from scalargrad.demos.picture import COLOURS
from scalargrad.demos.running import Demo, Told, between

MATURITIES = {"1 month": 1 / 12, "3 months": 0.25, "6 months": 0.5, "1 year": 1.0, "2 years": 2.0}  # in years
_MONEYNESS = [0.05 * k for k in range(-9, 8)]  # log(strike / forward) / sqrt(maturity)
_TITLES = (
    "price $V$",
    r"delta = $\partial V/\partial S$",
    r"gamma = $\partial^2V/\partial S^2$",
    r"vega = $\partial V/\partial\sigma$",
    r"theta = $-\partial V/\partial T$, per year",
    r"rho = $\partial V/\partial r$",
    r"vanna = $\partial^2V/\partial S\,\partial\sigma$",
    r"volga = $\partial^2V/\partial\sigma^2$",
)
_LOWEST = 0.01  # a volatility below that of any quote


class Option(NamedTuple):
    """The right to buy (a call) or to sell (a put) a share for the strike at maturity, and no earlier."""

    strike: float
    time: float  # to maturity, in years
    sign: float  # 1.0: a call, -1.0: a put


class Quote(NamedTuple):
    """An option, its price on the market, and the volatility that it was made from before noise was added."""

    option: Option
    price: float
    vol: float


# --- the price and its derivatives -----------------------------------------------------------------------------------


def cdf(x: Any) -> Any:
    """The distribution function of the standard normal distribution."""
    return 0.5 * sg.erfc(-x / math.sqrt(2.0))


def price(spot: Any, vol: Any, rate: Any, time: Any, strike: float, sign: float) -> Any:
    """The price of an option on a share without dividends. Source: Black and Scholes 1973, equation 13.

    >>> round(price(spot=100.0, vol=0.2, rate=0.05, time=1.0, strike=100.0, sign=1.0), 4)
    10.4506
    """
    d1 = (sg.log(spot / strike) + (rate + vol**2 / 2) * time) / (vol * sg.sqrt(time))
    d2 = d1 - vol * sg.sqrt(time)
    return sign * (spot * cdf(sign * d1) - strike * sg.exp(-rate * time) * cdf(sign * d2))


def greeks(spot: float, vol: float, rate: float, option: Option) -> dict[str, float]:
    """The first and second derivatives of the price that have names, by gradients.

    >>> found = greeks(100.0, 0.2, 0.05, Option(strike=100.0, time=1.0, sign=1.0))
    >>> print(*(f"{name} {greek:.4f}" for name, greek in found.items()))
    delta 0.6368 gamma 0.0188 vega 37.5240 theta -6.4140 rho 53.2325 vanna -0.2814 volga 9.8501
    """
    strike, time, sign = option
    delta, vega, rho, decay = sg.grad(price, argnums=(0, 1, 2, 3))(spot, vol, rate, time, strike, sign)
    (gamma, vanna), (_, volga) = sg.hessian(price, argnums=(0, 1))(spot, vol, rate, time, strike, sign)
    # as time passes, the time to maturity falls
    return {"delta": delta, "gamma": gamma, "vega": vega, "theta": -decay, "rho": rho, "vanna": vanna, "volga": volga}


def formulas(spot: float, vol: float, rate: float, option: Option) -> dict[str, float]:
    """The same derivatives by their formulas. Source: Haug 2007, The Complete Guide to Option Pricing Formulas.

    >>> found = formulas(100.0, 0.2, 0.05, Option(strike=100.0, time=1.0, sign=1.0))
    >>> print(*(f"{name} {greek:.4f}" for name, greek in found.items()))
    delta 0.6368 gamma 0.0188 vega 37.5240 theta -6.4140 rho 53.2325 vanna -0.2814 volga 9.8501
    """
    strike, time, sign = option
    root = math.sqrt(time)
    d1 = (math.log(spot / strike) + (rate + vol**2 / 2) * time) / (vol * root)
    d2 = d1 - vol * root
    density = math.exp(-d1 * d1 / 2) / math.sqrt(2.0 * math.pi)
    paid = strike * math.exp(-rate * time) * cdf(sign * d2)
    return {
        "delta": sign * cdf(sign * d1),
        "gamma": density / (spot * vol * root),
        "vega": spot * density * root,
        "theta": -spot * density * vol / (2.0 * root) - sign * rate * paid,
        "rho": sign * time * paid,
        "vanna": -density * d2 / vol,
        "volga": spot * density * root * d1 * d2 / vol,
    }


# --- the market ------------------------------------------------------------------------------------------------------


def smile(moneyness: float, time: float) -> float:
    """The volatility of an option: a parabola in its moneyness, which is log(strike / forward) / sqrt(time)."""
    return 0.2 - 0.04 * math.exp(-2.0 * time) - 0.15 * moneyness + 0.25 * moneyness**2


def strike_at(moneyness: float, time: float, spot: float, rate: float) -> float:
    """The strike of a moneyness."""
    return spot * math.exp(rate * time + moneyness * math.sqrt(time))


def chain(seed: int, spot: float, rate: float, noise: float) -> list[Quote]:
    """The quotes, one per maturity and moneyness: puts below the forward, and calls from there on, as trade the most.

    The noise is that of the logarithm of the price.

    >>> quotes = chain(seed=0, spot=100.0, rate=0.0, noise=0.0)
    >>> print(*(f"{quote.price:.2f}" for quote in quotes if quote.option.strike == 100.0))
    1.91 3.50 5.22 7.75 11.21
    """
    rng = random.Random(seed)
    quotes = []
    for time in MATURITIES.values():
        for moneyness in _MONEYNESS:
            option = Option(strike_at(moneyness, time, spot, rate), time, 1.0 if moneyness >= 0.0 else -1.0)
            vol = smile(moneyness, time)
            exact = price(spot, vol, rate, time, option.strike, option.sign)
            quotes.append(Quote(option, exact * math.exp(rng.gauss(0.0, noise)), vol))
    return quotes


# --- the demo --------------------------------------------------------------------------------------------------------


class BlackScholes(Demo):
    """The implied volatility of each quote: the one at which the price is the quote."""

    name = "options"
    about = (
        "find the implied volatilities of a chain of options by Newton's method with gradients, then seven greeks"
        " of first and second order, compared with their formulas"
    )
    steps = 10
    counted = "steps of Newton's method"
    example = "--spot 4200 --rate 0.05 --noise 0"

    def __init__(self, seed: int, spot: float = 100.0, rate: float = 0.03, noise: float = 3.0) -> None:
        self.spot, self.rate, self.noise = spot, rate, noise / 100.0
        self.quotes = chain(seed, spot, rate, self.noise)
        # From where the price, as a function of the volatility, is steepest, Newton's method always converges.
        # Source: Manaster and Koehler 1982, "The calculation of implied variances from the Black-Scholes model".
        self.vols = [
            max(_LOWEST, math.sqrt(2.0 * abs(math.log(spot / strike) / time + rate)))
            for (strike, time, _), _, _ in self.quotes
        ]
        self.errors: list[list[float]] = []  # of the price of each quote before each step, relative

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--spot", type=between(0.01, 1e6), default=100.0, help="price of the share (%(default)s)")
        parser.add_argument("--rate", type=between(-0.5, 0.5), default=0.03,
                            help="interest per year, continuously compounded (%(default)s)")  # fmt: skip
        parser.add_argument("--noise", type=between(0.0, 20.0), default=3.0,
                            help="of the quotes, in percent of the price (%(default)s)")  # fmt: skip

    @classmethod
    def from_options(cls, options: argparse.Namespace) -> BlackScholes:
        return cls(options.seed, options.spot, options.rate, options.noise)

    def parameters(self) -> list[float]:
        return self.vols

    def tell(self, steps: int) -> Iterator[Told]:
        value_and_vega = sg.value_and_grad(price, argnums=1)
        for _ in range(steps):
            errors, changes = [], []
            for k, ((strike, time, sign), quote, _) in enumerate(self.quotes):
                value, vega = value_and_vega(self.spot, self.vols[k], self.rate, time, strike, sign)
                errors.append(abs(value - quote) / quote)
                changes.append((value - quote) / vega)
                self.vols[k] -= changes[-1]
            self.errors.append(errors)
            yield Told(f"price error {max(errors):.1e}  volatility step {max(map(abs, changes)):.1e}")

    def spreads(self) -> list[float]:
        """By how much the noise of each quote moves its implied volatility."""
        return [
            self.noise * quote / greeks(self.spot, vol, self.rate, option)["vega"]
            for vol, (option, quote, _) in zip(self.vols, self.quotes)
        ]

    def differences(self) -> dict[str, float]:
        """Of each greek, the largest difference from its formula at any quote, relative to it."""
        largest: dict[str, float] = {}
        for vol, (option, _, _) in zip(self.vols, self.quotes):
            wanted = formulas(self.spot, vol, self.rate, option)
            for name, found in greeks(self.spot, vol, self.rate, option).items():
                largest[name] = max(largest.get(name, 0.0), abs(found - wanted[name]) / abs(wanted[name] or 1.0))
        return largest

    def verdict(self) -> str:
        count, low, high = len(self.quotes), 100.0 * min(self.vols), 100.0 * max(self.vols)
        points = 100.0 / math.sqrt(count)  # a norm in percent points, as a root mean square
        off = points * sg.norm([vol - quote.vol for vol, quote in zip(self.vols, self.quotes)])
        vol = smile(-self.rate, 1.0)
        shown = greeks(self.spot, vol, self.rate, Option(self.spot, 1.0, 1.0))
        return "\n".join([
            f"{count} implied volatilities from {low:.2f} % to {high:.2f} %",
            f"root mean square of their errors: {off:.2g} points; of noise / vega:"
            f" {points * sg.norm(self.spreads()):.2g} points",
            f"greek {'of a call*':>12}  largest difference from its formula, relative, at {count} quotes",
            *(f"{name} {shown[name]:12.6g}  {error:.1e}" for name, error in self.differences().items()),
            f"* strike {self.spot:g}, 1 year, volatility {100.0 * vol:.2f} %",
        ])  # fmt: skip

    def draw(self, path: str | IO[bytes]) -> None:
        figure = extras.load("matplotlib.figure").Figure(figsize=(12.0, 9.4), layout="constrained")
        above, below = figure.subfigures(2, 1, height_ratios=(1.0, 1.15), hspace=0.03)
        colours = extras.load("matplotlib").colormaps["viridis"]([0.0, 0.22, 0.44, 0.66, 0.88])
        left, right = above.subplots(1, 2, width_ratios=(2.0, 1.0))
        self._draw_smiles(left, colours)
        self._draw_errors(right)
        below.suptitle(f"Price and greeks of a call with strike {self.spot:g}, by gradients")
        self._draw_greeks(list(below.subplots(2, 4, sharex=True).flat), colours)
        figure.savefig(path, format="png", dpi=150)

    def _draw_smiles(self, axes: Any, colours: Any) -> None:
        spreads = self.spreads()
        span = [_MONEYNESS[0] + (_MONEYNESS[-1] - _MONEYNESS[0]) * k / 80 for k in range(81)]
        for (name, time), colour in zip(MATURITIES.items(), colours):
            chosen = [k for k, quote in enumerate(self.quotes) if quote.option.time == time]
            axes.errorbar([self.quotes[k].option.strike for k in chosen], [100.0 * self.vols[k] for k in chosen],
                          [100.0 * spreads[k] for k in chosen], color=colour, label=name, fmt="o", markersize=4.5,
                          markeredgecolor="white", markeredgewidth=0.6, elinewidth=1.0)  # fmt: skip
            axes.plot([strike_at(x, time, self.spot, self.rate) for x in span],
                      [100.0 * smile(x, time) for x in span], color=colour, linewidth=1.2)  # fmt: skip
        axes.axvline(self.spot, color="#888888", linewidth=0.8, linestyle=":")
        axes.legend(title="maturity", framealpha=0.9)
        axes.set_title(f"Implied volatilities of {len(self.quotes)} quotes\nlines: the true smiles;"
                       f" bars: {100.0 * self.noise:g} % noise of the price, over vega")  # fmt: skip
        axes.set(
            xlabel="strike (dotted: the price of the share)",
            ylabel=r"implied volatility (% per $\sqrt{\mathrm{year}}$)",
        )

    def _draw_errors(self, axes: Any) -> None:
        axes.semilogy(range(len(self.errors)), [[max(error, 1e-17) for error in errors] for errors in self.errors],
                      color=COLOURS[0], alpha=0.35, linewidth=1.0, marker=".", markersize=3.0)  # fmt: skip
        axes.locator_params(axis="x", integer=True, min_n_ticks=1)
        axes.set(title="Newton's method, with vega by gradients\none line per quote",
                 xlabel="steps made", ylabel="relative error of the price")  # fmt: skip

    def _draw_greeks(self, panels: list[Any], colours: Any) -> None:
        spots = [self.spot * (0.6 + 0.01 * k) for k in range(81)]
        for time, colour in zip(MATURITIES.values(), colours):
            call = Option(self.spot, time, 1.0)
            vol = smile(-self.rate * math.sqrt(time), time)
            worth = [price(spot, vol, self.rate, time, call.strike, call.sign) for spot in spots]
            found = [greeks(spot, vol, self.rate, call) for spot in spots]
            curves = [worth, *([row[name] for row in found] for name in found[0])]
            for axes, curve in zip(panels, curves):
                axes.plot(spots, curve, color=colour, linewidth=1.4)
        for axes, title in zip(panels, _TITLES):
            axes.set_title(title, fontsize=11)
            axes.axvline(self.spot, color="#888888", linewidth=0.8, linestyle=":")
            axes.axhline(0.0, color="#888888", linewidth=0.8)
        for axes in panels[4:]:
            axes.set_xlabel("price of the share")
