# %% [markdown]
# # The first hour of a lecture on backpropagation
#
# Andrej Karpathy's lecture *The spelled-out intro to neural networks and backpropagation: building micrograd* builds a
# `Value` from nothing. Here are its steps, in its order and with its numbers, in words and code of our own; `Value` and
# `draw_dot` come from scalargrad. A teacher can write a class on the board, for which a short one stands below, and use
# this `Value` for everything after that. It needs matplotlib, and PyTorch for one comparison.

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
# Numbers may stand on either side:

# %%
print(1 + a, 2 * a, a - b, a / b, sep="\n")

# %% [markdown]
# For `a + 1` Python calls `a.__add__(1)`. For `1 + a` it asks the 1 first, which knows nothing of our class, and then
# calls `a.__radd__(1)`: the same sum, from the right. A class without it can only stand on the left:


# %%
class OneSided:
    def __init__(self, data):
        self.data = data

    def __add__(self, other):
        return OneSided(self.data + other)


print((OneSided(2.0) + 1).data)
try:
    1 + OneSided(2.0)
except TypeError as error:
    print(error)

# %% [markdown]
# So a class has `__radd__` beside `__add__`, and `__rmul__` beside `__mul__`. A difference can be made of these two, as
# a + (-1) * b, and a quotient of a product and a power, as a * b**-1. Here both are operations of their own.
#
# A longer expression, and its picture. A Value at the end of a cell is drawn, with or without `draw_dot`;
# `print(L)` prints it.

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
# e and d are results, so their `data` cannot be set. To see what one does, add to it, and compute on from there:

# %%
for v, moved in ((e, (a * b + h + c) * f2), (d, (e + c + h) * f2)):
    print(f"{v.label}: by hand {v.grad:5.1f}, by a difference {(moved.data - L.data) / h:8.4f}")

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
# ## A class for the board
#
# That is all one needs to know. Here is a class that does it, for sums, products and tanh. A number keeps its operands,
# and its derivative by each of them:


# %%
class Number:
    def __init__(self, data, operands=(), partials=()):
        self.data, self.grad = data, 0.0
        self.operands, self.partials = operands, partials

    def __add__(self, other):
        other = other if isinstance(other, Number) else Number(other)
        return Number(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Number) else Number(other)
        return Number(self.data * other.data, (self, other), (other.data, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self):
        t = math.tanh(self.data)
        return Number(t, (self,), (1 - t**2,))

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for operand in node.operands:
                    visit(operand)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for operand, partial in zip(node.operands, node.partials):
                operand.grad += partial * node.grad


inputs = [Number(x) for x in (2.0, -3.0, 0.0, 1.0, 6.8813735870195432)]
out = (inputs[0] * inputs[1] + inputs[2] * inputs[3] + inputs[4]).tanh()
out.backward()
print(round(out.data, 4), [round(x.grad, 4) for x in inputs])

# %% [markdown]
# The `backward` of a Value does the same, and prints the same numbers:

# %%
(x1, w1, x2, w2, b), _, o = neuron(Value.tanh)
o.backward()
draw_dot(o)

# %% [markdown]
# ## A number that is used twice
#
# b = a + a grows by 2 when a grows by 1. Each use contributes 1, so a step must add to the `grad` of an operand. This
# toy sets it:


# %%
class Toy:
    def __init__(self, data, operands=()):
        self.data, self.grad, self.operands = data, 0.0, operands

    def __add__(self, other):
        return Toy(self.data + other.data, (self, other))

    def step(self):
        for operand in self.operands:
            operand.grad = self.grad  # the mistake: it must be +=


toy = Toy(3.0)
total = toy + toy
total.grad = 1.0
total.step()

a = Value(3.0, label="a")
b = a + a
b.label = "b"
b.backward()
print("with = the toy has", toy.grad, "and with += we have", a.grad)
draw_dot(b)

# %% [markdown]
# The mistake hides as long as no number is used twice. Here a and b are, by a product and by a sum:

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


class Layer:
    def __init__(self, inputs, outputs):
        self.neurons = [Neuron(inputs) for _ in range(outputs)]

    def __call__(self, x):
        found = [neuron(x) for neuron in self.neurons]
        return found[0] if len(found) == 1 else found

    def parameters(self):
        return [p for neuron in self.neurons for p in neuron.parameters()]


class MLP:
    def __init__(self, inputs, sizes):
        self.layers = [Layer(n, m) for n, m in zip([inputs, *sizes], sizes)]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]


random.seed(42)
model = MLP(3, [4, 4, 1])
print(len(model.parameters()), "parameters")
model([2.0, 3.0, -1.0])

# %% [markdown]
# That picture is folded, because the graph is large.
#
# ## A tiny data set, and training
#
# Four samples, and what the network should answer to each:

# %%
samples = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
wanted = [1.0, -1.0, -1.0, 1.0]


def loss(model):
    return sum((model(x) - y) ** 2 for x, y in zip(samples, wanted))


total = loss(model)
total.backward()
weight = model.layers[0].neurons[0].w[0]
print(f"the loss is {total.data:.4f}; its derivative by the first weight {weight.grad:.4f}")

# %% [markdown]
# `max_nodes` draws every node. This is the loss of the first sample alone, and it is large: zoom in, or write it to a
# file by `.save("loss.svg")`.

# %%
draw_dot((model(samples[0]) - wanted[0]) ** 2, max_nodes=200)

# %% [markdown]
# Forward, clear the derivatives, backward, and a small step down:

# %%
for step in range(20):
    total = loss(model)
    for p in model.parameters():
        p.grad = 0.0
    total.backward()
    for p in model.parameters():
        p.data += -0.1 * p.grad
    if step % 4 == 3:
        print(f"step {step + 1:2}: loss {total.data:.4f}")

# %%
print([round(model(x).data, 2) for x in samples])

# %% [markdown]
# ## What goes wrong
#
# Two mistakes that everybody makes. Derivatives that are not cleared add up, so each step follows the sum of all before
# it. And a step that is too large jumps over the valley. The same network, trained from the same start:


# %%
def history(size, clear=True):
    random.seed(42)
    model = MLP(3, [4, 4, 1])
    found = []
    for _ in range(20):
        total = loss(model)
        if clear:
            for p in model.parameters():
                p.grad = 0.0
        total.backward()
        for p in model.parameters():
            p.data -= size * p.grad
        found.append(total.data)
    return found


runs = {"right": history(0.2), "never cleared": history(0.2, clear=False), "step of 2": history(2.0)}
for name, found in runs.items():
    plt.plot(found, label=name)
    print(f"{name:13}", *(f"{number:.2f}" for number in found[::4]), f"... {found[-1]:.4f}")
plt.xlabel("step")
plt.ylabel("loss")
plt.legend()
plt.show()

# %% [markdown]
# The last two end on a plateau: tanh is saturated there, its derivatives are next to 0, and the network stays as wrong
# as it is. With a step of 0.1 the second run goes well, by luck: what is added up acts as a momentum that never fades.
# So a loss that falls does not tell that the derivatives were cleared.

# %%
print(f"cleared {history(0.1)[-1]:.4f}, never cleared {history(0.1, clear=False)[-1]:.4f}")
