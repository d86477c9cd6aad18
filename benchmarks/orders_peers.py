"""The contenders of the benchmark of higher orders: of each library the tasks by name, which return numbers.

Each writes a problem as its users would: number by number, but Rosenbrock of 100 and more numbers and the likelihood
of the mixture by whole arrays where the library has these. CasADi makes its functions once, jax's jitted ones are
compiled in the warm-up; the others build their graphs at each call.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from benchmarks import orders_problems as problems

Tasks = dict[str, Callable[[], Any]]
SIZES = (10, 100, 1000)
ARRAYS = 100  # from so many numbers on, whole arrays


def _functions(m: Any, numbers: bool = False) -> dict[str, tuple[Callable[[Any], Any], list[float]]]:
    """The functions whose Hessians are wanted, with their arguments; `numbers` for a library without arrays."""
    found: dict[str, tuple[Callable[[Any], Any], list[float]]] = {}
    for n in SIZES:
        form = problems.rosenbrock if numbers or n < ARRAYS else problems.rosenbrock_of_arrays
        found[f"rosenbrock_{n}"] = functools.partial(form, m), problems.start(n)
    start = [0.3 * x for x in problems.start(6 * problems.COMPONENTS)]
    data: Any = problems.gmm_data()
    if numbers:
        found["gmm"] = (lambda x: problems.gmm(m, x, data)), start
    else:
        data = [m.array(column) for column in zip(*data)]
        found["gmm"] = (lambda x: problems.gmm_of_arrays(m, x, data)), start
    found["greeks"] = functools.partial(problems.black_scholes, m), problems.OPTION
    return found


def ours() -> tuple[Tasks, Tasks]:
    """The tasks; and the gradients of the functions whose products with a Hessian are among them."""
    import numpy

    import scalargrad as sg

    tasks: Tasks = {}
    gradients: Tasks = {}
    for name, (f, x) in _functions(sg, numbers=True).items():
        v = [1.0] * len(x)
        hessian = sg.hessian(f, sparse="csr" if len(x) == SIZES[-1] else False)
        gradients[f"{name}_hvp"] = functools.partial(sg.grad(f), x)
        tasks[f"{name}_hvp"] = functools.partial(sg.hvp(f), x, v)
        tasks[f"{name}_hessian"] = functools.partial(hessian, x)
    of_arrays = sg.hessian(functools.partial(problems.rosenbrock_of_arrays, sg), sparse="csr")
    tasks["rosenbrock_1000_arrays"] = functools.partial(of_arrays, numpy.array(problems.start(SIZES[-1])))
    f = functools.partial(problems.lagrangian, sg)
    slopes, curve = sg.grad(f), sg.hessian(f)
    tasks["pendulum"] = lambda: problems.accelerations(curve(problems.STATE), slopes(problems.STATE), problems.STATE)
    inner = sg.grad(functools.partial(problems.inner_loss, sg))
    meta = sg.grad(lambda x: problems.meta_loss(sg, x, inner))
    tasks["meta"] = lambda: meta(problems.META)
    return tasks, gradients


def jax(jitted: bool) -> Tasks:
    import jax as package

    package.config.update("jax_enable_x64", True)
    np = package.numpy
    m = SimpleNamespace(exp=np.exp, log=np.log, sqrt=np.sqrt, sin=np.sin, cos=np.cos, erf=package.scipy.special.erf,
                        array=np.array,
                        logsumexps=package.scipy.special.logsumexp)  # fmt: skip

    def task(f: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
        run = package.jit(f) if jitted else f
        given = [np.array(x) for x in arguments]
        return lambda: package.block_until_ready(run(*given))

    def product(f: Callable[[Any], Any]) -> Callable[..., Any]:
        return lambda x, v: package.jvp(package.grad(f), (x,), (v,))[1]

    tasks: Tasks = {}
    for name, (f, x) in _functions(m).items():
        tasks[f"{name}_hvp"] = task(product(f), x, [1.0] * len(x))
        tasks[f"{name}_hessian"] = task(package.hessian(f), x)
    f = functools.partial(problems.lagrangian, m)
    inner = package.grad(functools.partial(problems.inner_loss, m))
    state = lambda x: np.stack(problems.accelerations(package.hessian(f)(x), package.grad(f)(x), x))  # noqa: E731
    tasks["pendulum"] = task(state, problems.STATE)
    tasks["meta"] = task(package.grad(lambda x: problems.meta_loss(m, x, inner, np.stack)), problems.META)
    return tasks


def torch() -> Tasks:
    import torch as package

    package.set_num_threads(1)
    m = SimpleNamespace(exp=package.exp, log=package.log, sqrt=package.sqrt, sin=package.sin, cos=package.cos,
                        erf=package.erf, logsumexps=package.logsumexp,
                        array=functools.partial(package.tensor, dtype=package.float64))  # fmt: skip
    of = functools.partial(package.tensor, dtype=package.float64)

    def slopes(f: Callable[[Any], Any], x: Any, graph: bool = True) -> Any:
        x = x if x.requires_grad else x.detach().requires_grad_()
        return package.autograd.grad(f(x), x, create_graph=graph)[0]

    def product(f: Callable[[Any], Any], x: Any, v: Any) -> Any:
        x = x.detach().requires_grad_()
        return package.autograd.grad(slopes(f, x), x, v)[0]

    tasks: Tasks = {}
    hessian = package.autograd.functional.hessian
    for name, (f, given) in _functions(m).items():
        x = of(given)
        tasks[f"{name}_hvp"] = functools.partial(product, f, x, package.ones_like(x))
        tasks[f"{name}_hessian"] = functools.partial(hessian, f, x, vectorize=len(given) >= ARRAYS)
    f, state = functools.partial(problems.lagrangian, m), of(problems.STATE)
    tasks["pendulum"] = lambda: problems.accelerations(hessian(f, state), slopes(f, state, False), state)
    inner = functools.partial(slopes, functools.partial(problems.inner_loss, m))
    meta = lambda x: problems.meta_loss(m, x, inner, package.stack)  # noqa: E731
    tasks["meta"] = lambda: slopes(meta, of(problems.META), False)
    return tasks


def casadi() -> Tasks:
    import casadi as package

    def logsumexp(x: list[Any]) -> Any:
        largest = x[0]
        for other in x[1:]:
            largest = package.fmax(largest, other)
        return largest + package.log(sum(package.exp(item - largest) for item in x))

    m = SimpleNamespace(exp=package.exp, log=package.log, sqrt=package.sqrt, sin=package.sin, cos=package.cos,
                        erf=package.erf, logsumexp=logsumexp)  # fmt: skip

    def task(given: list[float], make: Callable[[Any], Any]) -> Callable[[], Any]:
        x = package.SX.sym("x", len(given))
        return functools.partial(package.Function("f", [x], [make(x)]), package.DM(given))

    def parts(x: Any) -> list[Any]:
        return package.vertsplit(x)  # type: ignore[no-any-return]

    tasks: Tasks = {}
    for name, (f, given) in _functions(m, numbers=True).items():
        n = len(given)
        tasks[f"{name}_hvp"] = task(given, lambda x, f=f, n=n: package.jtimes(package.gradient(f(parts(x)), x), x,
                                                                             package.DM.ones(n)))  # fmt: skip
        tasks[f"{name}_hessian"] = task(given, lambda x, f=f: package.hessian(f(parts(x)), x)[0])

    def accelerations(x: Any) -> Any:
        curve, slopes = package.hessian(problems.lagrangian(m, parts(x)), x)
        rows = [[curve[i, j] for j in range(4)] for i in range(4)]
        return package.vertcat(*problems.accelerations(rows, parts(slopes), parts(x)))

    def inner(w: Any) -> Any:
        return parts(package.gradient(problems.inner_loss(m, parts(w)), w))

    symbol = package.SX.sym("w", 2)
    gradient = package.Function("g", [symbol], [package.vertcat(*inner(symbol))])
    tasks["pendulum"] = task(problems.STATE, accelerations)
    tasks["meta"] = task(problems.META, lambda x: package.gradient(
        problems.meta_loss(m, parts(x), lambda w: parts(gradient(package.vertcat(*w)))), x))  # fmt: skip
    return tasks


def autograd() -> Tasks:
    import autograd as package
    import autograd.numpy as np
    from autograd.scipy.special import erf, logsumexp

    m = SimpleNamespace(exp=np.exp, log=np.log, sqrt=np.sqrt, sin=np.sin, cos=np.cos, erf=erf,
                        logsumexps=logsumexp, array=np.array)  # fmt: skip
    tasks: Tasks = {}
    for name, (f, given) in _functions(m).items():
        x = np.array(given)
        product = package.hessian_vector_product(f)
        tasks[f"{name}_hvp"] = functools.partial(product, x, np.ones(len(given)))
        tasks[f"{name}_hessian"] = functools.partial(package.hessian(f), x)
    f, state = functools.partial(problems.lagrangian, m), np.array(problems.STATE)
    slopes, curve = package.grad(f), package.hessian(f)
    tasks["pendulum"] = lambda: problems.accelerations(curve(state), slopes(state), state)
    inner = package.grad(functools.partial(problems.inner_loss, m))
    meta = package.grad(lambda x: problems.meta_loss(m, x, inner, np.stack))
    tasks["meta"] = functools.partial(meta, np.array(problems.META))
    return tasks
