"""The rivals in the benchmark of layers, each in the fastest of its usual styles that was tried."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import numpy

from benchmarks import network
from benchmarks.peers import Contender
from benchmarks.problems import BETAS, EPSILON, Adam, Problem


def _sums(value: Any, gradients: Any, weights: Any) -> tuple[float, float, float]:
    """What `told` tells, from lists of arrays."""
    return float(value), float(sum(x.sum() for x in gradients)), float(sum(x.sum() for x in weights))


class Torch:
    """Eager PyTorch, in doubles, by functions of tensors, which cost less than modules."""

    def __init__(self, problem: Problem) -> None:
        import torch

        self.torch, self.problem = torch, problem
        torch.set_num_threads(1)
        self.batches = [(torch.tensor(x), torch.tensor(y)) for x, y in problem.batches]

    def restart(self) -> None:
        self.layers = [[self.torch.tensor(x, requires_grad=True) for x in layer] for layer in self.problem.weights]
        self.parameters = [p for layer in self.layers for p in layer]
        kinds = {"sgd": self.torch.optim.SGD, "adam": self.torch.optim.Adam}
        kind = kinds.get(self.problem.update)
        self.optimiser = kind(self.parameters, lr=self.problem.rate) if kind else None
        self.turn = cycle(self.batches)

    def loss(self, x: Any, y: Any) -> Any:
        torch, functional = self.torch, self.torch.nn.functional
        *hidden, last = self.layers
        for layer in hidden:
            x = torch.relu(functional.linear(x, *layer))
        x = functional.linear(x, *last)
        if self.problem.classes:
            return functional.cross_entropy(x, y)
        flat = torch.cat([p.view(-1) for p in self.parameters])
        return torch.relu(1.0 - y * x.view(-1)).mean() + self.problem.penalty * flat.square().sum()

    def step(self) -> None:
        for p in self.parameters:
            p.grad = None
        self.value = self.loss(*next(self.turn))
        self.value.backward()
        if self.optimiser:
            self.optimiser.step()

    def told(self) -> tuple[float, float, float]:
        return _sums(self.value.detach(), [p.grad for p in self.parameters], [p.detach() for p in self.parameters])


class Jax:
    """JAX: one jitted function per step, in doubles, on the CPU, without threads and asynchronous dispatch."""

    def __init__(self, problem: Problem) -> None:
        import jax

        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        self.jax, self.problem = jax, problem
        self.batches = [(jax.numpy.array(x), jax.numpy.array(y)) for x, y in problem.batches]
        self.gradients = jax.jit(jax.value_and_grad(self.loss))
        self.run = {"": self.gradients, "sgd": jax.jit(self.sgd), "adam": jax.jit(self.adam)}[problem.update]

    def restart(self) -> None:
        jax = self.jax
        self.start = jax.tree.map(jax.numpy.array, self.problem.weights)
        zeros = jax.tree.map(jax.numpy.zeros_like, self.start)
        adam = (self.start, zeros, jax.tree.map(jax.numpy.zeros_like, self.start), jax.numpy.zeros(()))
        self.state = adam if self.problem.update == "adam" else self.start
        self.turn = cycle(self.batches)

    def loss(self, layers: Any, x: Any, y: Any) -> Any:
        jax = self.jax
        *hidden, (weight, bias) = layers
        for w, b in hidden:
            x = jax.nn.relu(x @ w.T + b)
        x = x @ weight.T + bias
        if self.problem.classes:
            return -jax.nn.log_softmax(x)[jax.numpy.arange(len(y)), y].mean()
        squares = sum(p.ravel() @ p.ravel() for p in jax.tree.leaves(layers))
        return jax.nn.relu(1.0 - y * x[:, 0]).mean() + self.problem.penalty * squares

    def sgd(self, layers: Any, x: Any, y: Any) -> Any:
        value, gradients = self.jax.value_and_grad(self.loss)(layers, x, y)
        return value, self.jax.tree.map(lambda p, g: p - self.problem.rate * g, layers, gradients)

    def adam(self, state: Any, x: Any, y: Any) -> Any:
        jax, (layers, means, squares, count) = self.jax, state
        (beta1, beta2), count = BETAS, count + 1.0
        value, gradients = jax.value_and_grad(self.loss)(layers, x, y)
        means = jax.tree.map(lambda m, g: beta1 * m + (1.0 - beta1) * g, means, gradients)
        squares = jax.tree.map(lambda s, g: beta2 * s + (1.0 - beta2) * g * g, squares, gradients)
        rate, root = self.problem.rate / (1.0 - beta1**count), jax.numpy.sqrt(1.0 - beta2**count)

        def moved(p: Any, m: Any, s: Any) -> Any:
            return p - rate * m / (jax.numpy.sqrt(s) / root + EPSILON)

        return value, (jax.tree.map(moved, layers, means, squares), means, squares, count)

    def step(self) -> None:
        self.value, result = self.jax.block_until_ready(self.run(self.state, *next(self.turn)))
        if self.problem.update:
            self.state = result

    def told(self) -> tuple[float, float, float]:
        gradients = self.gradients(self.start, *self.batches[0])[1]
        layers = self.state[0] if self.problem.update == "adam" else self.state
        return _sums(self.value, self.jax.tree.leaves(gradients), self.jax.tree.leaves(layers))


class Numpy:
    """NumPy, with gradients written by hand."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def restart(self) -> None:
        self.parameters = [x.copy() for layer in self.problem.weights for x in layer]
        self.adam = Adam(self.parameters, self.problem.rate)
        self.turn = cycle(self.problem.batches)

    def value_and_gradients(self, x: Any, y: Any) -> tuple[float, list[Any]]:
        parameters, outputs = self.parameters, [x]
        for k in range(0, len(parameters) - 2, 2):
            outputs.append(numpy.maximum(outputs[-1] @ parameters[k].T + parameters[k + 1], 0.0))
        value, d = (self.cross_entropy if self.problem.classes else self.hinge)(
            outputs[-1] @ parameters[-2].T + parameters[-1], y
        )
        gradients: list[Any] = []
        for k in range(len(parameters) - 2, -1, -2):
            x = outputs[k // 2]
            gradients[:0] = d.T @ x, d.sum(0)
            if k:
                d = (d @ parameters[k]) * (x > 0.0)
        if self.problem.penalty:
            value += self.problem.penalty * sum(float(p.ravel() @ p.ravel()) for p in parameters)
            for g, p in zip(gradients, parameters):
                g += 2.0 * self.problem.penalty * p
        return value, gradients

    def hinge(self, scores: Any, y: Any) -> tuple[float, Any]:
        losses = numpy.maximum(1.0 - y * scores[:, 0], 0.0)
        return float(losses.mean()), (-y / len(y) * (losses > 0.0))[:, None]

    def cross_entropy(self, scores: Any, y: Any) -> tuple[float, Any]:
        rows = numpy.arange(len(y))
        shifted = scores - scores.max(1, keepdims=True)
        weights = numpy.exp(shifted)
        totals = weights.sum(1, keepdims=True)
        d = weights / totals
        d[rows, y] -= 1.0
        return float((numpy.log(totals[:, 0]) - shifted[rows, y]).mean()), d / len(y)

    def step(self) -> None:
        self.value, self.gradients = self.value_and_gradients(*next(self.turn))
        if self.problem.update == "adam":
            self.adam.step(self.gradients)
        elif self.problem.update:
            for p, g in zip(self.parameters, self.gradients):
                p -= self.problem.rate * g

    def told(self) -> tuple[float, float, float]:
        return _sums(self.value, self.gradients, self.parameters)


class Autograd(Numpy):
    """HIPS autograd, with the update written by hand."""

    def __init__(self, problem: Problem) -> None:
        import autograd
        import autograd.numpy as wrapped

        super().__init__(problem)
        self.np, self.differentiated = wrapped, autograd.value_and_grad(self.loss)

    def loss(self, parameters: Any, x: Any, y: Any) -> Any:
        np = self.np
        for k in range(0, len(parameters) - 2, 2):
            x = np.maximum(np.dot(x, parameters[k].T) + parameters[k + 1], 0.0)
        x = np.dot(x, parameters[-2].T) + parameters[-1]
        if self.problem.classes:
            shifted = x - x.max(1, keepdims=True)
            chosen = shifted[numpy.arange(len(y)), y]
            return np.mean(np.log(np.sum(np.exp(shifted), axis=1)) - chosen)
        squares = sum(np.sum(p * p) for p in parameters)
        return np.mean(np.maximum(1.0 - y * x[:, 0], 0.0)) + self.problem.penalty * squares

    def value_and_gradients(self, x: Any, y: Any) -> tuple[float, list[Any]]:
        value, gradients = self.differentiated(self.parameters, x, y)
        return value, list(gradients)


class Scalars:
    """micrograd or xad on the moons, number by number."""

    def __init__(self, contender: Contender, problem: Problem) -> None:
        self.contender, self.update, self.rate = contender, problem.update, problem.rate
        (inputs, labels) = problem.batches[0]
        self.data = inputs.tolist(), labels.tolist()

    def restart(self) -> None:
        self.network = self.value = None  # before xad begins a new recording
        self.network = network.Moons(self.contender, self.data)

    def gradients(self) -> None:
        self.contender.start(self.network.parameters())
        self.value = self.network.loss()
        self.contender.backward(self.value)

    def step(self) -> None:
        self.gradients()
        if self.update:
            self.network.update(self.rate)

    def _sum(self, of: Any) -> float:
        return float(sum(map(of, self.network.parameters())))

    def told(self) -> tuple[float, float, float]:
        weights = self._sum(self.contender.number)
        self.restart()
        self.gradients()
        return self.contender.number(self.value), self._sum(self.contender.gradient), weights
