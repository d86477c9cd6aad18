"""What to write for a name that is not here: PyTorch's, JAX's and numpy's beside ours, and our own by where they are.

The modules raise `MissingNameError` from their ``__getattr__``, the classes from descriptors `Absent`, which cost
nothing.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from importlib import import_module

from scalargrad.errors import Absent, KeywordError, MissingNameError

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

_MODULES = ("scalargrad", "scalargrad.nn", "scalargrad.losses", "scalargrad.optim", "scalargrad.testing")


def missing(module: str, name: str) -> AttributeError:
    """The error for a name that a module lacks."""
    text = f"module {module!r} has no attribute {name!r}"
    return AttributeError(text) if name.startswith("__") else MissingNameError(text, partial(_instead, module, name))


def absent() -> dict[str, Absent]:
    """The attributes that networks and optimisers do not have, for the body of their class."""
    return {name: Absent(name, advice) for name, advice in TORCH_ATTRIBUTES.items()}


def absent_of_values() -> dict[str, Absent]:
    """The attributes that a Value does not have, for the body of its class."""
    return {name: Absent(name, advice) for name, advice in TENSOR_ATTRIBUTES.items()}


def unexpected(function: str, name: str) -> KeywordError:
    """The error for a keyword that a function does not have."""
    advice = TENSOR_KEYWORDS.get(name)
    return KeywordError(f"{function} got an unexpected keyword argument {name!r}" + (f": {advice}" if advice else ""))


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
    for place in _MODULES:
        if name in _public(place):
            return f"it is {place}.{name}"
    if module == "scalargrad" and (of_arrays := _of_arrays(name)):
        return of_arrays
    from difflib import get_close_matches

    folded = {each.lower(): f"{place}.{each}" for place in _MODULES[::-1] for each in _public(place)}
    folded |= {each.lower(): f"{module}.{each}" for each in _public(module)}
    near = [each for each in folded if each[0] == name[0].lower()]  # few mistype the first letter
    if close := get_close_matches(name.lower(), near, 1, 0.65):
        return f"did you mean {folded[close[0]]}?"
    known = _public(module)
    return f"it has {', '.join(known)}" if len(known) <= 20 else f"dir({module}) lists what it has"
