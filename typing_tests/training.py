"""Networks, losses, optimisers."""

from typing_extensions import assert_type

from scalargrad import (
    Matrix,
    Value,
    Vector,
    arange,
    batches,
    eye,
    linspace,
    losses,
    nn,
    ones,
    optim,
    summary,
    zeros,
)  # fmt: skip
from scalargrad.nn import MLP, Module

points, signs = [[0.0, 1.0], [1.0, 0.0]], [1.0, -1.0]

# micrograd's way
mlp = MLP(2, [4, 1])
one: Value = mlp([1.0, 2.0])
assert_type(mlp(points), Matrix)
assert_type(mlp.parameters(), list[Value])
for parameter in mlp.parameters():
    parameter.data -= 0.1 * parameter.grad
mlp.zero_grad()

# PyTorch's way
model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
optimiser = optim.Adam(model.parameters(), lr=0.01, betas=(0.9, 0.99))
scores = model(points)
assert_type(scores, Matrix)
for _ in range(10):
    loss = losses.mse(model(points)[:, 0], signs)
    assert_type(loss, Value)
    assert_type(summary(loss).depth, int)
    optimiser.zero_grad()
    loss.backward()
    assert_type(optimiser.step(), None)
assert_type(model(Vector([0.0, 1.0])), Vector)
assert_type(nn.Linear(2, 4)(Matrix(points)), Matrix)
assert_type(losses.cross_entropy(model(points), [0, 0]), Value)
assert_type(losses.mse(scores[:, 0], signs, reduction="none"), Vector)
assert_type(losses.cross_entropy(scores, [0, 0], reduction="none"), Vector)
assert_type(losses.cross_entropy(scores, [0, 0], label_smoothing=0.1), Value)
assert_type(losses.nll(scores, [0, 0]), Value)
assert_type(losses.l1(scores[:, 0], signs, "none"), Vector)
assert_type(losses.kl_div(scores, scores, "batchmean", log_target=True), Value)
assert_type(losses.kl_div(scores, scores, reduction="none"), Matrix)
assert_type(losses.binary_cross_entropy_with_logits(scores[:, 0], signs), Value)
assert_type(nn.Softmax()([0.0, 1.0]), Vector)
assert_type(nn.Tanh()(Value(1.0)), Value)
assert_type(nn.GELU(approximate="tanh")(1.0), float)
assert_type(nn.Hardtanh(0, 6)(points), Matrix)
assert_type(nn.Embedding(3, 2)([0, 1]), Matrix)
assert_type(nn.Embedding(3, 2)(1), Vector)
attention = nn.MultiHeadAttention(2, 1, causal=True)
assert_type(attention(points), Matrix)
assert_type(attention(points, need_weights=True), tuple[Matrix, list[Matrix]])
assert_type(nn.LayerNorm(2)(nn.Dropout(0.1)(points)), Matrix)
assert_type(nn.RMSNorm(2)([1.0, 2.0]), Vector)
assert_type(attention.eval(), nn.MultiHeadAttention)
assert_type(model.training, bool)
assert_type(nn.summary(model), str)
assert_type(summary(model).parameters, int)
model.save("model.json")


class Squared(Module):
    """A module of one's own."""

    def __init__(self) -> None:
        self.weight = Value(1.0)

    def __call__(self, x: float) -> Value:
        return self.weight * x**2


squared = Squared()
assert_type(squared(2.0), Value)
assert_type(squared.parameters(), list[Value])
optim.SGD(squared.parameters(), lr=0.1, momentum=0.9).step()

optim.SGD(squared.parameters(), lr="a")  # type: ignore[arg-type]
optim.SGD([1.0], lr=0.1)  # type: ignore[list-item]
losses.mse(scores, signs, reduction="median")  # type: ignore[call-overload]
nn.Linear(2)  # type: ignore[call-arg]

warm_up = optim.LinearLR(optimiser, total_iters=3)
chain = optim.SequentialLR(optimiser, [warm_up, optim.CosineAnnealingLR(optimiser, T_max=9)], milestones=[3])
optim.ReduceLROnPlateau(optim.RMSprop(model.parameters(), centered=True)).step(losses.l1(scores[:, 0], signs))
for rows, labels in batches(([[0.5, 1.0]], [1]), size=1, seed=0):
    assert_type(rows, list[list[float]])
    assert_type(labels, list[int])
assert_type(zeros(3), Vector)
assert_type(ones((2, 3)), Matrix)
assert_type(eye(2), Matrix)
assert_type(arange(3), Vector)
assert_type(linspace(0.0, 1.0, 5), Vector)
zeros(3, dtype=float)  # type: ignore[call-overload]
