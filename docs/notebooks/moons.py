# %% [markdown]
# # micrograd's demo, with another import
#
# micrograd shows itself with a small network that tells two moons apart. This is the same program: `micrograd` in the
# imports has become `scalargrad`, and the losses are those that micrograd prints. It needs matplotlib, numpy and
# scikit-learn: the extra `demo`.

# %%
import random

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

from scalargrad import draw, no_grad
from scalargrad.engine import Value
from scalargrad.nn import MLP

plt.rcParams.update({"figure.figsize": (4, 3), "figure.dpi": 75})
np.random.seed(1337)
random.seed(1337)

# %% [markdown]
# ## The data
#
# A hundred points with some noise. The two moons have the targets -1 and 1.

# %%
points, kinds = make_moons(n_samples=100, noise=0.1)
targets = 2 * kinds - 1
plt.scatter(points[:, 0], points[:, 1], c=targets, s=12, cmap="coolwarm")
plt.show()

# %% [markdown]
# ## The model
#
# Two inputs, two layers of sixteen neurons, one output. All its parameters are Values.

# %%
model = MLP(2, [16, 16, 1])
for layer in model.layers:
    print(f"{len(layer.neurons):2} neurons of {len(layer.neurons[0].w):2} inputs, such as {layer.neurons[0]}")
print(len(model.parameters()), "parameters")

# %% [markdown]
# One neuron of the first layer, applied to a point, is a graph that one can look at:

# %%
neuron = model.layers[0].neurons[0]
output = neuron([0.5, -1.0])
output.backward()
draw(output)

# %% [markdown]
# ## The loss
#
# It wants the score of a point to have the sign of its target, and to be at least 1 away from 0. A small term keeps the
# parameters small.


# %%
def loss():
    scores = [model([Value(x) for x in point]) for point in points]
    hinges = [(1 + -target * score).relu() for target, score in zip(targets, scores)]
    total = sum(hinges) * (1.0 / len(hinges)) + 1e-4 * sum(p * p for p in model.parameters())
    right = [(score.data > 0) == (target > 0) for target, score in zip(targets, scores)]
    return total, sum(right) / len(right)


first, accuracy = loss()
print(first.data, accuracy)

# %% [markdown]
# The graph of this loss is large. A drawing of it is folded: each box stands for all operations of some depths.

# %%
first.backward()
draw(first)

# %% [markdown]
# ## The training

# %%
for step in range(100):
    total, accuracy = loss()
    model.zero_grad()
    total.backward()
    for p in model.parameters():
        p.data -= (1.0 - 0.9 * step / 100) * p.grad
    if step % 10 == 0 or step == 99:
        print(f"step {step:2}: loss {total.data:.12f}, accuracy {accuracy:.0%}")

# %% [markdown]
# ## What it has learnt
#
# The sign of the score at each place of a grid. `no_grad` records nothing, because no derivative is needed.

# %%
xs, ys = np.linspace(-1.7, 2.7, 60), np.linspace(-1.3, 1.7, 60)
with no_grad():
    scores = [[model([x, y]).data for x in xs] for y in ys]
plt.contourf(xs, ys, np.sign(scores), levels=[-2, 0, 2], cmap="coolwarm", alpha=0.4)
plt.scatter(points[:, 0], points[:, 1], c=targets, s=12, cmap="coolwarm")
plt.show()
