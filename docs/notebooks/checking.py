# %% [markdown]
# # Testing a derivative of your own, with hypothesis
#
# You have written a derivative by hand. Nothing crashes when it is wrong; training is only a little worse. This
# notebook states what must hold for *every* input, and lets [hypothesis](https://hypothesis.readthedocs.io) search for
# an input for which it does not: `pip install hypothesis`.

# %%
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from scalargrad import Value, custom_vjp, grad, norm
from scalargrad.testing import check_grad, vectors

# a hundred inputs, the same on every run, however long they take; and one complaint at a time
settings.register_profile("notebook", derandomize=True, deadline=None, report_multiple_bugs=False)
settings.load_profile("notebook")


def outcome(test):
    """Runs a test, and prints what became of it."""
    inputs.clear()
    try:
        test()
    except (AssertionError, ArithmeticError) as error:
        print(f"{test.__name__} fails at {inputs[-1]}")
        print(f"{type(error).__name__}: {str(error).split(' (')[0]}")
    else:
        print(f"{test.__name__}: nothing found")


inputs = []  # that hypothesis has tried

# %% [markdown]
# ## A formula that is right on paper
#
# Softplus is log(1 + exp(x)), a smooth bend between 0 and x. Its derivative is exp(x) / (1 + exp(x)). `custom_vjp`
# makes one operation of both. The first rule computes the result, and what the second needs. The second returns the
# derivative, times what the result hands on.


# %%
@custom_vjp
def softplus(x):
    return math.log(1 + math.exp(x))


softplus.defvjp(
    lambda x: (math.log(1 + math.exp(x)), math.exp(x)),
    lambda power, adjoint: (adjoint * power / (1 + power),),
)

x = Value(0.5)
y = softplus(x)
y.backward()
print(f"{y.data:.6f} {x.grad:.6f}")

# %% [markdown]
# The law: the derivative agrees with a numerical one. `check_grad` computes that, together with an estimate of its
# error, and raises an error if the two differ by more. One friendly place proves little:

# %%
check_grad(softplus, 0.5)
print("nothing to complain of")


# %%
@given(st.floats(0, 1000))
def test_softplus(x):
    inputs.append(x)
    check_grad(softplus, x)


outcome(test_softplus)

# %% [markdown]
# exp(710) is too large for a computer's number. hypothesis found such a place, and then the smallest whole one. A
# better form never takes exp of a positive number:


# %%
@custom_vjp
def stable_softplus(x):
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def forward(x):
    power = math.exp(-abs(x))
    return max(x, 0.0) + math.log1p(power), (1.0 if x >= 0 else power) / (1 + power)


stable_softplus.defvjp(forward, lambda derivative, adjoint: (adjoint * derivative,))


@given(st.floats(-700, 1000))
def test_stable_softplus(x):
    inputs.append(x)
    check_grad(stable_softplus, x)


outcome(test_stable_softplus)

# %% [markdown]
# ## A gradient of many numbers
#
# `check_grad` also judges a gradient that has nothing to do with scalargrad: `grad=` is a function of plain floats.
# Here is the variance of some numbers, and its gradient. Somebody thought of the mean as a constant, and of the sum as
# a mean:


# %%
def variance(x):
    mean = sum(x) / len(x)
    return sum((xi - mean) ** 2 for xi in x) / len(x)


def gradient(x):
    mean = sum(x) / len(x)
    return [2 * (xi - mean) for xi in x]


@given(vectors(min_size=1, max_size=4))
def test_gradient(x):
    inputs.append(x)
    check_grad(variance, x, grad=gradient)


outcome(test_gradient)

# %% [markdown]
# A list of one number passes: its variance is 0. Two numbers are the simplest case that shows the error, a factor of 2:
# the division by the length is missing. To treat the mean as a constant was right, because the deviations from it add
# up to 0.
#
# A second try, then. Numbers such as 680.56, 683.5 and 686.5 lie close together, compared with their size. Their
# deviations from the mean have fewer right digits than the numbers themselves, in any formula. So this law allows an
# absolute error, `atol`:


# %%
def corrected(x):
    return [g / len(x) for g in gradient(x)]


@given(vectors(min_size=1, max_size=4))
def test_corrected(x):
    inputs.append(x)
    check_grad(variance, x, grad=corrected, atol=1e-9)


outcome(test_corrected)

# %% [markdown]
# ## A law without a numerical derivative
#
# Some functions obey a law of their own. The length of a vector doubles if the vector does. For such a function, the
# sum of each number times its derivative is the function itself (Euler). So the engine's own gradient can be tested to
# the last digits, without any small difference:


# %%
@given(vectors(min_size=1, max_size=5))
def test_euler(x):
    inputs.append(x)
    products = [xi * g for xi, g in zip(x, grad(norm)(x))]
    assert math.isclose(math.fsum(products), norm(x), rel_tol=1e-14, abs_tol=1e-300)


outcome(test_euler)

# %% [markdown]
# ## Where there is no derivative
#
# At a kink, the slopes on the two sides differ. The number that a program returns there is an agreement. `check_grad`
# does not call it wrong, but reports it:


# %%
def hinge(x):
    return (1 - x).relu()


report = check_grad(hinge, 1.0)
print(report)
print("slopes on the two sides:", report.kinks[0].kink)
