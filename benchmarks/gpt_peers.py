"""The transformer of the demo `gpt` in torch and JAX, each in its usual style: all tokens and heads at once."""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any, NamedTuple

import numpy

BETA1, BETA2, EPS = 0.85, 0.99, 1e-8  # of Adam
LAYER = ("query", "key", "value", "output", "up", "down")


class Start(NamedTuple):
    """What every contender starts from."""

    weights: dict[str, Any]  # arrays of doubles, by name
    names: list[list[int]]  # the tokens of each step
    heads: int
    eps: float  # of the normalisation
    steps: int
    rate: float


def start(seed: int, steps: int, rate: float) -> Start:
    """The weights and names of the demo with one layer."""
    demo, sizes = (import_module(f"scalargrad.demos.gpt.{name}") for name in ("demo", "sizes"))
    made = demo.Gpt(seed, import_module("scalargrad.datasets").load_names())
    model = made.model
    matrices = {"tokens": model.tokens, "positions": model.positions, "lm_head": model.lm_head}
    matrices |= {name: getattr(model.layers[0], name) for name in LAYER}
    names = [made.text.tokens(k)[: model.sizes.block + 1] for k in range(steps)]
    weights = {name: numpy.array(matrix.data) for name, matrix in matrices.items()}
    return Start(weights, names, model.sizes.heads, sizes.EPS, steps, rate)


class Torch:
    """Eager PyTorch, in doubles, by functions of tensors, which cost less than modules."""

    def __init__(self, start: Start) -> None:
        import torch

        self.torch, self.start = torch, start
        torch.set_num_threads(1)
        self.names = [torch.tensor(tokens) for tokens in start.names]

    def restart(self) -> None:
        torch = self.torch
        self.weights = {name: torch.tensor(w, requires_grad=True) for name, w in self.start.weights.items()}
        self.optimiser = torch.optim.Adam(self.weights.values(), lr=self.start.rate, betas=(BETA1, BETA2), eps=EPS)
        self.done = 0

    def normalised(self, x: Any) -> Any:
        return x * (x.square().mean(-1, keepdim=True) + self.start.eps).rsqrt()

    def loss(self, tokens: Any) -> Any:
        functional, w, n = self.torch.nn.functional, self.weights, len(tokens) - 1
        x = self.normalised(w["tokens"][tokens[:-1]] + w["positions"][:n])
        y = self.normalised(x)
        query, key, value = ((y @ w[name].T).view(n, self.start.heads, -1).transpose(0, 1) for name in LAYER[:3])
        attended = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = attended.transpose(0, 1).reshape(n, -1) @ w["output"].T + x
        x = functional.relu(self.normalised(x) @ w["up"].T) @ w["down"].T + x
        return functional.cross_entropy(x @ w["lm_head"].T, tokens[1:])

    def step(self) -> float:
        self.optimiser.param_groups[0]["lr"] = self.start.rate * (1.0 - self.done / self.start.steps)
        loss = self.loss(self.names[self.done])
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.done += 1
        return float(loss.detach())


class Jax:
    """JAX: a jitted function per length of a name, in doubles, on the CPU, without threads and async dispatch."""

    def __init__(self, start: Start) -> None:
        import jax

        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        self.jax, self.start = jax, start
        self.names = [jax.numpy.array(tokens) for tokens in start.names]
        self.run = jax.jit(self.moved)

    def restart(self) -> None:
        jax = self.jax
        weights = jax.tree.map(jax.numpy.array, self.start.weights)
        zeros = jax.tree.map(jax.numpy.zeros_like, weights)
        self.state, self.done = (weights, zeros, zeros), 0

    def normalised(self, x: Any) -> Any:
        return x * self.jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + self.start.eps)

    def loss(self, w: Any, tokens: Any) -> Any:
        jax, n = self.jax, len(tokens) - 1
        x = self.normalised(w["tokens"][tokens[:-1]] + w["positions"][:n])
        y = self.normalised(x)
        query, key, value = ((y @ w[name].T).reshape(n, self.start.heads, -1) for name in LAYER[:3])
        scores = jax.numpy.einsum("ihd,jhd->hij", query, key) / math.sqrt(query.shape[-1])
        shares = jax.nn.softmax(jax.numpy.where(jax.numpy.tri(n, dtype=bool), scores, -jax.numpy.inf))
        x = jax.numpy.einsum("hij,jhd->ihd", shares, value).reshape(n, -1) @ w["output"].T + x
        x = jax.nn.relu(self.normalised(x) @ w["up"].T) @ w["down"].T + x
        return -jax.nn.log_softmax(x @ w["lm_head"].T)[jax.numpy.arange(n), tokens[1:]].mean()

    def moved(self, state: Any, tokens: Any, done: Any) -> Any:
        jax, (weights, means, squares) = self.jax, state
        loss, gradients = jax.value_and_grad(self.loss)(weights, tokens)
        rate = self.start.rate * (1.0 - done / self.start.steps)
        means = jax.tree.map(lambda m, g: BETA1 * m + (1.0 - BETA1) * g, means, gradients)
        squares = jax.tree.map(lambda s, g: BETA2 * s + (1.0 - BETA2) * g * g, squares, gradients)
        first, second = 1.0 - BETA1 ** (done + 1.0), 1.0 - BETA2 ** (done + 1.0)

        def updated(p: Any, m: Any, s: Any) -> Any:
            return p - rate * (m / first) / (jax.numpy.sqrt(s / second) + EPS)

        return loss, (jax.tree.map(updated, weights, means, squares), means, squares)

    def step(self) -> float:
        loss, self.state = self.jax.block_until_ready(self.run(self.state, self.names[self.done], float(self.done)))
        self.done += 1
        return float(loss)
