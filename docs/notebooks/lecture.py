# %% [markdown]
# # The first hour of a lecture on backpropagation
#
# Andrej Karpathy's lecture *The spelled-out intro to neural networks and backpropagation: building micrograd* builds a
# `Value` from nothing. Here are its steps, in its order and with its numbers, in words and code of our own; `Value` and
# `draw_dot` come from scalargrad. A teacher can write the class on the board, and use this one for everything after
# that. It needs matplotlib, and PyTorch for one comparison.

# %%
import math
import random

import matplotlib.pyplot as plt

from scalargrad import Value, draw_dot, explain

plt.rcParams.update({"figure.figsize": (4, 3), "figure.dpi": 75})

# %% [markdown]
# ## What a derivative is
#
# Some function of one number, and its curve:


# %%
def f(x):
    return 3 * x**2 - 4 * x + 5


xs = [k / 4 for k in range(-20, 20)]
plt.plot(xs, [f(x) for x in xs])
plt.show()

# %% [markdown]
# Move the input by a little, and see how much the result moves for it. Right of the bottom the result grows with the
# input, left of it it falls, and at 2/3 it hardly moves:

# %%
h = 0.0001
for x in (3.0, -3.0, 2 / 3):
    print(f"at {x:5.2f} the slope is {(f(x + h) - f(x)) / h:8.4f}")

# %% [markdown]
# ## Several inputs
#
# Move one of them, and leave the others where they are:


# %%
def expression(a, b, c):
    return a * b + c


a, b, c = 2.0, -3.0, 10.0
before = expression(a, b, c)
print("result", before)
print(f"slope by a {(expression(a + h, b, c) - before) / h:.4f}")
print(f"slope by b {(expression(a, b + h, c) - before) / h:.4f}")
print(f"slope by c {(expression(a, b, c + h) - before) / h:.4f}")

# %% [markdown]
# ## Value
#
# A Value remembers which Values it was made of, and by which operation:

# %%
a, b = Value(2.0, label="a"), Value(-3.0, label="b")
e = a * b
e.label = "e"
print(e, sorted(child.label for child in e._prev), e._op)

# %% [markdown]
# A longer expression, and its picture:

# %%
c, f2 = Value(10.0, label="c"), Value(-2.0, label="f")
d = e + c
d.label = "d"
L = d * f2
L.label = "L"
draw_dot(L)

# %% [markdown]
# ## Backpropagation by hand
#
# Every `grad` is still 0. Fill them in from the right: what does each number do to L?
#
# L by itself is 1. L is a product, so its derivative by each factor is the other factor:

# %%
L.grad = 1.0
d.grad = f2.data
f2.grad = d.data

# %% [markdown]
# d is a sum, which hands on to both operands what it has itself. That is the chain rule with a local derivative of 1:

# %%
c.grad = 1.0 * d.grad
e.grad = 1.0 * d.grad

# %% [markdown]
# e is a product again: the other factor, times what e has.

# %%
a.grad = b.data * e.grad
b.grad = a.data * e.grad
draw_dot(L)

# %% [markdown]
# Is it true? Move one input at a time:


# %%
def result(**moved):
    number = {"a": 2.0, "b": -3.0, "c": 10.0, "f": -2.0}
    for name, by in moved.items():
        number[name] += by
    return (number["a"] * number["b"] + number["c"]) * number["f"]


for v in (a, b, c, f2):
    print(f"{v.label}: by hand {v.grad:5.1f}, by a difference {(result(**{v.label: h}) - result()) / h:8.4f}")

# %% [markdown]
# A first step of learning: move every input a little in the direction of its derivative, and L grows.

# %%
for v in (a, b, c, f2):
    v.data += 0.01 * v.grad
print(f"L was {L.data}, and is {((a * b + c) * f2).data:.4f}")

# %% [markdown]
# ## A neuron
#
# Two inputs, two weights, a bias, and `tanh`, which squashes all numbers into the range from -1 to 1:

# %%
xs = [k / 5 for k in range(-25, 26)]
plt.plot(xs, [math.tanh(x) for x in xs])
plt.grid()
plt.show()


# %%
def neuron(activation):
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    first, second = x1 * w1, x2 * w2
    first.label, second.label = "x1*w1", "x2*w2"
    both = first + second
    both.label = "x1*w1 + x2*w2"
    n = both + b
    n.label = "n"
    o = activation(n)
    o.label = "o"
    return (x1, w1, x2, w2, b), (first, second, both, n), o


(x1, w1, x2, w2, b), (first, second, both, n), o = neuron(Value.tanh)
draw_dot(o)

# %% [markdown]
# The derivative of tanh is 1 - tanh². From there on it is sums and products:

# %%
o.grad = 1.0
n.grad = (1 - o.data**2) * o.grad
both.grad = b.grad = n.grad
first.grad = second.grad = both.grad
x1.grad, w1.grad = w1.data * first.grad, x1.data * first.grad
x2.grad, w2.grad = w2.data * second.grad, x2.data * second.grad
draw_dot(o)

# %% [markdown]
# w2 has a derivative of 0: its input is 0, so it does not matter at present.
#
# ## One node at a time
#
# Each node can do its own step. `_backward` adds to the `grad` of its operands what the node's own `grad` contributes:

# %%
(x1, w1, x2, w2, b), (first, second, both, n), o = neuron(Value.tanh)
o.grad = 1.0
for node in (o, n, both, first, second):
    node._backward()
print({leaf.label: round(leaf.grad, 4) for leaf in (x1, w1, x2, w2, b)})

# %% [markdown]
# ## All nodes, in the right order
#
# A node may hand on its `grad` only when all that use it have contributed. So sort the graph first: each node after its
# operands. The sweep goes through this list from its end.


# %%
def sorted_nodes(root):
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for child in sorted(node._prev, key=lambda child: child.label):
                visit(child)
            order.append(node)

    visit(root)
    return order


(x1, w1, x2, w2, b), _, o = neuron(Value.tanh)
order = sorted_nodes(o)
print([node.label for node in order])

o.grad = 1.0
for node in reversed(order):
    node._backward()
print({leaf.label: round(leaf.grad, 4) for leaf in (x1, w1, x2, w2, b)})

# %% [markdown]
# `backward` does all of that:

# %%
(x1, w1, x2, w2, b), _, o = neuron(Value.tanh)
o.backward()
draw_dot(o)

# %% [markdown]
# ## A number that is used twice
#
# b = a + a grows by 2 when a grows by 1. Each use contributes 1. A `_backward` that sets the `grad`, instead of adding
# to it, would give 1 here.

# %%
a = Value(3.0, label="a")
b = a + a
b.label = "b"
b.backward()
draw_dot(b)

# %%
a, b = Value(-2.0, label="a"), Value(3.0, label="b")
d, e = a * b, a + b
d.label, e.label = "d", "e"
f3 = d * e
f3.label = "f"
f3.backward()
draw_dot(f3)

# %% [markdown]
# `explain` lists the paths from a to f, whose products add up:

# %%
print(explain(f3, a))


# %% [markdown]
# ## tanh in smaller pieces
#
# How large an operation is, is a matter of taste. tanh can be written by exp; the picture grows, and the derivatives of
# the leaves stay the same:


# %%
def tanh_by_exp(n):
    e = (2 * n).exp()
    return (e - 1) / (e + 1)


leaves, _, o = neuron(tanh_by_exp)
o.backward()
draw_dot(o)

# %%
print({leaf.label: round(leaf.grad, 4) for leaf in leaves})

# %% [markdown]
# ## The same in PyTorch
#
# There a Value is a tensor of one number, and one says that it wants a gradient:

# %%
import torch

numbers = {"x1": 2.0, "w1": -3.0, "x2": 0.0, "w2": 1.0, "b": 6.8813735870195432}
t = {name: torch.tensor(number, dtype=torch.float64, requires_grad=True) for name, number in numbers.items()}
output = torch.tanh(t["x1"] * t["w1"] + t["x2"] * t["w2"] + t["b"])
output.backward()
print(round(output.item(), 4), {name: round(tensor.grad.item(), 4) for name, tensor in t.items()})

# %% [markdown]
# ## A network
#
# A neuron with random weights; a layer of neurons; layers in a row. `scalargrad.nn` has them, and here they are once
# more, to see that there is nothing in them:


# %%
class Neuron:
    def __init__(self, inputs):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(inputs)]
        self.b = Value(random.uniform(-1, 1))

    def __call__(self, x):
        return sum((w * xi for w, xi in zip(self.w, x)), start=self.b).tanh()

    def parameters(self):
        return [*self.w, self.b]


class MLP:
    def __init__(self, inputs, sizes):
        widths = [inputs, *sizes]
        self.layers = [[Neuron(n) for _ in range(m)] for n, m in zip(widths, sizes)]

    def __call__(self, x):
        for layer in self.layers:
            x = [neuron(x) for neuron in layer]
        return x[0] if len(x) == 1 else x

    def parameters(self):
        return [p for layer in self.layers for neuron in layer for p in neuron.parameters()]


random.seed(42)
model = MLP(3, [4, 4, 1])
print(len(model.parameters()), "parameters")
model([2.0, 3.0, -1.0])

# %% [markdown]
# That picture is folded, because the graph is large. `max_nodes` shows all of it.
#
# ## A tiny data set, and training
#
# Four samples, and what the network should answer to each:

# %%
samples = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
wanted = [1.0, -1.0, -1.0, 1.0]


def loss():
    return sum((model(x) - y) ** 2 for x, y in zip(samples, wanted))


total = loss()
total.backward()
weight = model.layers[0][0].w[0]
print(f"the loss is {total.data:.4f}; its derivative by the first weight {weight.grad:.4f}")

# %% [markdown]
# Forward, clear the derivatives, backward, and a small step down. (Forgetting to clear them is the classical mistake.)

# %%
for step in range(20):
    total = loss()
    for p in model.parameters():
        p.grad = 0.0
    total.backward()
    for p in model.parameters():
        p.data += -0.1 * p.grad
    if step % 4 == 3:
        print(f"step {step + 1:2}: loss {total.data:.4f}")

# %%
print([round(model(x).data, 2) for x in samples])
