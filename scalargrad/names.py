"""What to write for a name that is not here: PyTorch's, JAX's and numpy's beside ours, and our own by where they are.

The modules raise `MissingNameError` from their ``__getattr__``, the classes from descriptors `Absent`, which cost
nothing.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from scalargrad.errors import Absent, KeywordError, MissingNameError

if TYPE_CHECKING:
    from collections.abc import Iterable

_LOGITS = "losses.binary_cross_entropy(logits, targets), which takes logits: leave the last sigmoid out"
_DEVICE = "numbers are C doubles in the CPU's memory: leave the call out"
_PARAMETER = "a Value, or a Vector or Matrix made of numbers, set as an attribute of a Module"
_PARTS = "nn.summary(model) shows the layers; model.named_parameters() has the names"

# PyTorch's name, or JAX's: what it is here.
TORCH = {
    **dict.fromkeys(("MSELoss", "mse_loss"), "losses.mse(input, target)"),
    **dict.fromkeys(("HuberLoss", "SmoothL1Loss", "huber_loss", "smooth_l1_loss"), "losses.huber(input, target)"),
    **dict.fromkeys(("CrossEntropyLoss", "softmax_cross_entropy"), "losses.cross_entropy(logits, classes)"),
    **dict.fromkeys(("NLLLoss", "nll_loss"), "losses.nll(log_probabilities, classes)"),
    **dict.fromkeys(("KLDivLoss", "kl_div_loss"), "losses.kl_div(log_probabilities, probabilities)"),
    **dict.fromkeys(("BCEWithLogitsLoss", "BCELoss", "bce", "binary_cross_entropy_loss"), _LOGITS),
    **dict.fromkeys(("HingeEmbeddingLoss", "hinge_loss", "SoftMarginLoss"), "losses.hinge(scores, signs)"),
    **dict.fromkeys(("L1Loss", "l1_loss", "mae"), "losses.l1(input, target)"),
    **dict.fromkeys(("functional", "F"), "scalargrad.losses for losses, and sg.relu, sg.softmax and the like"),
    **dict.fromkeys(("Parameter", "parameter"), _PARAMETER),
    **dict.fromkeys(("ModuleList", "ParameterList"), "a list, set as an attribute of a Module"),
    **dict.fromkeys(("ModuleDict", "ParameterDict"), "a dict, set as an attribute of a Module"),
    **dict.fromkeys(("init", "xavier_uniform_", "kaiming_uniform_", "kaiming_normal_"),
                    'the argument init of a layer: nn.Linear(2, 3, init="xavier_uniform")'),
    **dict.fromkeys(("utils", "clip_grad_norm_"), "optim.clip_grad_norm(model.parameters(), max_norm)"),
    "clip_grad_value_": "optim.clip_grad_value(model.parameters(), limit)",
    "Identity": "lambda x: x",
    "MultiheadAttention": "nn.MultiHeadAttention(embed_dim, num_heads), which takes one sequence",
    **dict.fromkeys(("scaled_dot_product_attention", "dot_product_attention"),
                    "(q @ k.T / d**0.5).softmax() @ v, and nn.MultiHeadAttention for the layer"),
    "layer_norm": "nn.LayerNorm(features, elementwise_affine=False)(x)",
    "rms_norm": "nn.RMSNorm(features, elementwise_affine=False)(x)",
    "dropout": "nn.Dropout(p)(x)",
    "embedding": "weight[tokens], or nn.Embedding for the layer",
    "lr_scheduler": "optim.StepLR, optim.CosineAnnealingLR, optim.LinearLR and others, beside the optimisers",
    "Optimizer": "optim.Optimiser",
    **dict.fromkeys(("tensor", "Tensor", "as_tensor", "from_numpy", "array", "asarray"),
                    "Value(x) for a number, Vector(x) or Matrix(x) for a list or a numpy array"),
    "full": "Vector([number] * n), or numpy's array, which Vector(x) and Matrix(x) make one of Values",
    "identity": "sg.eye(n)",
    "DataLoader": "sg.batches((inputs, targets), size, seed)",
    **dict.fromkeys(("rand", "randn", "random"),
                    "numpy.random's array, which Vector(x) and Matrix(x) make one of Values"),
    "Variable": "Value(x)",
    "manual_seed": "random.seed(0): weights are drawn from Python's random",
    **dict.fromkeys(("inference_mode", "set_grad_enabled"), "with sg.no_grad():"),
    **dict.fromkeys(("set_detect_anomaly", "autograd"), "with sg.detect_anomaly():, and sg.grad(f)(x)"),
    **dict.fromkeys(("cat", "concatenate", "hstack"), "sg.concat([x, y])"),
    "vstack": "sg.stack([x, y])",
    "mm": "x @ y, or sg.matmul(x, y)",
    "float64": "nothing: all numbers are C doubles",
    "jacfwd": 'sg.jacobian(f, mode="forward")',
    "jacrev": 'sg.jacobian(f, mode="reverse")',
    "stop_gradient": "x.detach()",
    "custom_jvp": "sg.custom_vjp, whose rule gives the derivatives by all operands",
    **dict.fromkeys(("jit", "vmap", "pmap"), "nothing: the function is called as it is, and takes whole arrays"),
    "plot": "sg.draw(y) for a graph, and matplotlib's plt.plot for numbers",
    **dict.fromkeys(("numpy", "jnp"), "numpy itself, whose functions take Vectors and Matrices"),
    "expit": "sg.sigmoid(x)",
    "swish": "sg.silu(x)",
    "logsigmoid": "sg.log_sigmoid(x)",
    "psi": "sg.digamma(x)",
    "trigamma": "sg.polygamma(1, x)",
    **dict.fromkeys(("gammaln", "loggamma"), "sg.lgamma(x)"),
    "erfcinv": "sg.erfinv(1 - x), which loses digits near 0",
    "ndtr": "sg.erfc(-x / 2**0.5) / 2",
    "clamp": "sg.clip(x, low, high)",
    "special": "scalargrad itself: sg.erf, sg.lgamma, sg.digamma, sg.logit, sg.xlogy and others",
    "func": "scalargrad itself: sg.grad, sg.jacobian, sg.hessian, sg.jvp and sg.vjp",
    "bmm": "[x @ y for x, y in zip(xs, ys)]",
    "mv": "x @ y, or sg.matmul(x, y)",
    "multinomial": "random.choices(range(len(p)), p), of the numbers p.data",
    "Flatten": "lambda x: x.ravel(), of one sample; the rows of a batch are flat",
    "PReLU": "nn.LeakyReLU(Value(0.25)), whose slope is a parameter",
    "CELU": "lambda x: alpha * sg.elu(x / alpha)",
    "ReLU6": "nn.Hardtanh(0.0, 6.0)",
    "Hardsigmoid": "lambda x: sg.hardtanh(x / 3) / 2 + 0.5",
    "Softmin": "lambda x: nn.Softmax()(-x)",
    "GLU": "lambda x: x[:, :n] * sg.sigmoid(x[:, n:]), where n is half the width",
    **dict.fromkeys(("Transformer", "TransformerEncoder", "TransformerEncoderLayer", "TransformerDecoder",
                     "TransformerDecoderLayer"),
                    "a Module of nn.MultiHeadAttention, nn.LayerNorm and nn.Linear, as in `scalargrad demo gpt`"),
    **dict.fromkeys(("ConstantLR", "LambdaLR", "MultiStepLR", "MultiplicativeLR", "PolynomialLR", "OneCycleLR",
                     "CyclicLR", "CosineAnnealingWarmRestarts"),
                    "optimiser.lr = ... before a step; optim.StepLR, optim.LinearLR and others are schedules"),
}  # fmt: skip

_SHAPES = "there is none: arrays have one or two dimensions, and layers take rows of numbers"
# PyTorch's names for what is not here at all, and what comes nearest.
TORCH_ALONE = {
    **dict.fromkeys((f"{kind}{n}d" for kind in ("Conv", "ConvTranspose", "MaxPool", "AvgPool", "AdaptiveAvgPool")
                     for n in (1, 2, 3)), _SHAPES),
    **dict.fromkeys(("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "InstanceNorm1d", "InstanceNorm2d", "GroupNorm"),
                    "there is none: nn.LayerNorm and nn.RMSNorm normalise each row"),
    **dict.fromkeys(("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"),
                    "there is none: write a Module of nn.Linear layers, and a loop over the sequence"),
    **dict.fromkeys(("Adadelta", "Adamax", "NAdam", "RAdam", "ASGD", "Rprop", "LBFGS", "SparseAdam"),
                    "there is none: optim.Adam, optim.AdamW, optim.SGD, optim.RMSprop and optim.Adagrad are here"),
    **dict.fromkeys(("cuda", "device", "backends", "set_default_dtype", "get_default_dtype", "float32"),
                    "numbers are C doubles in the CPU's memory: leave it out"),
    "enable_grad": "nothing switches recording on inside sg.no_grad(): end that block before",
}  # fmt: skip

# The attributes of PyTorch's modules and optimisers: what to write here.
TORCH_ATTRIBUTES = {
    **dict.fromkeys(("to", "cuda", "cpu", "double", "half"), _DEVICE),
    **dict.fromkeys(("modules", "named_modules", "children", "named_children"), _PARTS),
    **dict.fromkeys(("register_parameter", "register_buffer", "add_module", "register_module"),
                    "set it as an attribute: self.scale = Value(1.0)"),
    "requires_grad_": "give the optimiser the parameters that it trains, and no others",
    "apply": "for p in model.parameters(): p.data = ...",
    "param_groups": "the settings are attributes: optimiser.lr = 0.1",
    "add_param_group": "make an optimiser for each group of parameters",
}  # fmt: skip

_GRADIENT = "every Value takes a gradient: leave it out"
_AGAIN = "a graph can be swept again: leave it out"

# The attributes of a tensor that a Value does not have, and the keywords of its calls: what to write here.
TENSOR_ATTRIBUTES = {
    **dict.fromkeys(("to", "cuda", "cpu", "double", "half"), _DEVICE),
    **dict.fromkeys(("requires_grad", "requires_grad_"), _GRADIENT),
    "retain_grad": "a result has a grad too, that of the last backward: leave it out",
    "clone": "write x.detach() for a new leaf with the same number; x itself never changes by an operation",
    "tolist": "write x.data for the number; a Vector or Matrix has tolist",
}
TENSOR_KEYWORDS = {
    "requires_grad": _GRADIENT,
    **dict.fromkeys(("dtype", "device"), "numbers are C doubles in the CPU's memory: leave it out"),
    "retain_graph": _AGAIN,
    "create_graph": "write sg.grad(sg.grad(f)), or sg.hessian(f)",
}  # fmt: skip

_IN_PLACE = "an array keeps its elements: write {} (and x.data = ... for the numbers of leaves)"
_NUMBERS = "numpy's array of the numbers is x.numpy()"

# The attributes of numpy's arrays and PyTorch's tensors that a Vector, Matrix or Mask does not have: what to write.
ARRAY_ATTRIBUTES = {
    "fill": _IN_PLACE.format("x = Vector([...]), or np.full_like(x, number)"),
    "sort": _IN_PLACE.format("x = np.sort(x)"),
    "partition": _IN_PLACE.format("x = np.partition(x, k)"),
    **dict.fromkeys(("put", "itemset", "setfield"), _IN_PLACE.format("x = sg.where(mask, new, x)")),
    "resize": _IN_PLACE.format("x = x.reshape(...), or np.resize(x, shape)"),
    **{name: f"write np.{name}(x, ...)" for name in (
        "argpartition", "diagonal", "nonzero", "repeat", "searchsorted", "swapaxes", "take", "trace", "flip", "roll",
        "split", "tril", "triu")},
    "imag": "the elements are real",
    **dict.fromkeys(("choose", "compress"), "select by an index: x[mask], or x[positions]"),
    **dict.fromkeys(("byteswap", "dump", "dumps", "getfield", "setflags", "tofile", "flat", "flags", "strides",
                     "itemsize", "nbytes", "ctypes", "base"), _NUMBERS),
    **dict.fromkeys(("to", "cuda", "cpu", "float", "double", "half", "contiguous"), _DEVICE),
    **dict.fromkeys(("device", "is_cuda"), "numbers are C doubles in the CPU's memory: leave it out"),
    **dict.fromkeys(("int", "long"), "write x.numpy().astype(int) for numbers without the gradient"),
    **dict.fromkeys(("requires_grad", "requires_grad_"), _GRADIENT),
    **dict.fromkeys(("retain_grad", "is_leaf", "grad_fn"), "the elements have histories: x[0].operands, sg.draw(x[0])"),
    "zero_grad": "write x.grad = 0.0, of leaves",
    "clone": "write x.detach() for new leaves with the same numbers; x itself never changes by an operation",
    "view": "write x.reshape(4, 3) for another shape; " + _NUMBERS,
    "view_as": "write x.reshape(y.shape)",
    **dict.fromkeys(("t", "mT", "permute"), "write x.T"),
    "dim": "write x.ndim",
    "numel": "write x.size",
    "unsqueeze": "write x[None, :] or x[:, None], of a Vector",
    **dict.fromkeys(("expand", "expand_as"), "operations broadcast: leave it out, or write np.broadcast_to(x, shape)"),
    "masked_fill": "write sg.where(mask, number, x)",
    "masked_select": "write x[mask]",
    **dict.fromkeys(("gather", "index_select"), "write x[positions], or x[rows, columns]"),
    "clamp": "write x.clip(low, high)",
    **dict.fromkeys(("matmul", "mm", "mv"), "write x @ y"),
    **{name: f"write {sign}" for name, sign in (
        ("add", "x + y"), ("sub", "x - y"), ("mul", "x * y"), ("div", "x / y"), ("neg", "-x"),
        ("amax", "x.max(axis)"), ("amin", "x.min(axis)"))},
    **{name: _IN_PLACE.format(f"x = {instead}") for name, instead in (
        ("add_", "x + y"), ("sub_", "x - y"), ("mul_", "x * y"), ("div_", "x / y"), ("neg_", "-x"),
        ("pow_", "x**y"), ("zero_", "sg.zeros(x.shape)"), ("fill_", "Vector([number] * n)"), ("copy_", "y"),
        ("clamp_", "x.clip(low, high)"), ("masked_fill_", "sg.where(mask, number, x)"), ("t_", "x.T"),
        ("squeeze_", "x.squeeze()"), ("unsqueeze_", "x[None, :]"), ("reciprocal_", "1 / x"),
        ("normal_", "Vector(numpy.random.normal(size=n))"), ("uniform_", "Vector(numpy.random.uniform(size=n))"))},
    **{f"{name}_": _IN_PLACE.format(f"x = x.{name}()") for name in (
        "abs", "ceil", "cos", "cumsum", "elu", "erf", "exp", "expm1", "floor", "leaky_relu", "log", "log1p", "relu",
        "round", "sigmoid", "sign", "sin", "softmax", "sqrt", "square", "tan", "tanh", "trunc")},
}  # fmt: skip

# The keywords that functions and methods do not have, of all of them or of one: what to write.
KEYWORDS: dict[Any, str] = {
    **TENSOR_KEYWORDS,
    "dim": "write axis=",
    "keepdim": "write keepdims=",
    **dict.fromkeys(("unbiased", "correction"), "write ddof=1 for n - 1, ddof=0 (the default) for n"),
    "inplace": "nothing changes in place: leave it out",
    "descending": "write (-x).argsort()",
    ("norm", "p"): "it is the Euclidean norm; write abs(x).sum() for p=1, abs(x).max() for p=inf",
    ("gelu", "approximate"): "write sg.gelu_tanh(x) for 'tanh', and leave it out for 'none'",
    ("logit", "eps"): "write sg.logit(sg.clip(x, eps, 1 - eps))",
    ("leaky_relu", "negative_slope"): "write sg.leaky_relu(x, slope)",
    **{("clip", name): "write sg.clip(x, low, high); math.inf or -math.inf does not bound" for name in ("min", "max")},
    ("softplus", "beta"): "write sg.softplus(beta * x) / beta",
}

_MODULES = ("scalargrad", "scalargrad.nn", "scalargrad.losses", "scalargrad.optim", "scalargrad.testing")


def missing(module: str, name: str) -> AttributeError:
    """The error for a name that a module lacks."""
    text = f"module {module!r} has no attribute {name!r}"
    return AttributeError(text) if name.startswith("__") else MissingNameError(text, partial(_instead, module, name))


def absent(advice: dict[str, str] = TORCH_ATTRIBUTES) -> dict[str, Any]:
    """The attributes that a class does not have, by default a network or optimiser, for its body, and a ``__dir__``."""
    return {**{name: Absent(name, instead) for name, instead in advice.items()}, "__dir__": _present}


def _present(thing: object) -> list[str]:
    """The names of the attributes that are here, for ``dir`` of an object."""
    return [name for name in object.__dir__(thing) if not _is_absent(thing, name)]


def _is_absent(thing: object, name: str) -> bool:
    found = [vars(each)[name] for each in type(thing).__mro__ if name in vars(each)]
    return bool(found) and name not in getattr(thing, "__dict__", ()) and all(isinstance(x, Absent) for x in found)


def unexpected(function: str, name: str, otherwise: str = "") -> KeywordError:
    """The error for a keyword that a function, written as `f()`, does not have."""
    advice = KEYWORDS.get((function.removesuffix("()"), name)) or KEYWORDS.get(name, otherwise)
    return KeywordError(f"{function} got an unexpected keyword argument {name!r}" + (f": {advice}" if advice else ""))


def refuse(function: str, unknown: Iterable[str]) -> None:
    """Raises `KeywordError` for the first of the keywords that a function does not have."""
    for name in unknown:
        raise unexpected(f"{function}()", name)


def _public(module: str) -> list[str]:
    found = import_module(module)
    return [name for name in (dir(found) if module == "scalargrad" else found.__all__) if not name.startswith("_")]


def _of_arrays(name: str) -> str:
    """What arrays have of this name: a method of their own, a function of numpy's."""
    found = [f"x.{name}(...)"] if callable(getattr(import_module("scalargrad").Matrix, name, None)) else []
    with suppress(ImportError):  # without numpy
        found += [f"np.{name}(x, ...)"] if name in import_module("scalargrad.arrays.numpy.functions").RULES else []
    return f"write {' or '.join(found)}, of a Vector or Matrix" if found else ""


def _instead(module: str, name: str) -> str:
    if name in TORCH:
        return f"here it is {TORCH[name]}"
    if name in TORCH_ALONE:
        return TORCH_ALONE[name]
    for place in _MODULES:
        if name in _public(place):
            return f"it is {place}.{name}"
    if module == "scalargrad" and (of_arrays := _of_arrays(name)):
        return of_arrays
    from difflib import get_close_matches

    folded = {each.lower(): f"{place}.{each}" for place in _MODULES[::-1] for each in _public(place)}
    folded |= {each.lower(): f"{module}.{each}" for each in _public(module)}
    near = [each for each in folded if each[0] == name[0].lower()]  # few mistype the first letter
    if sum(letter.isupper() for letter in name) > 1:  # the name of a class
        near = [each for each in near if not folded[each].rpartition(".")[2].islower()]
    if close := get_close_matches(name.lower(), near, 1, 0.65):
        return f"did you mean {folded[close[0]]}?"
    known = _public(module)
    return f"it has {', '.join(known)}" if len(known) <= 20 else f"dir({module}) lists what it has"
