"""`summary`: of the graph of a Value, or of a network."""

from __future__ import annotations

from typing import Any, overload

from scalargrad import core
from scalargrad.look.steps import not_taken
from scalargrad.look.summaries.graphs import GraphSummary, of_graph
from scalargrad.look.summaries.modules import ModuleSummary, of_module
from scalargrad.nn.module import Module
from scalargrad.value import Value


@overload
def summary(thing: Value) -> GraphSummary: ...
@overload
def summary(thing: Module) -> ModuleSummary: ...
def summary(thing: Any) -> GraphSummary | ModuleSummary:
    """Returns the figures of a Value's graph, or of a network, which print as a text and show as a table in a notebook.

    Of a graph: its nodes by operation, its depth and memory; nans and infinities; dead and saturated activations; the
    largest and smallest adjoints; and how adjoints change from layer to layer. Adjoints are those of the last
    `backward`; none are told while that of the Value itself is 0, as it is before. Each figure is an attribute, see
    `GraphSummary`.

    Of a `Module`: its layers with the number of parameters in each, and the total, as `nn.summary`.

    Raises `ArgumentError` for anything else.

    >>> from scalargrad import Value, relu, tanh
    >>> x, w = Value(2.0, label="x"), Value(-3.0, label="w")
    >>> y = tanh(x + relu(x * w))
    >>> y.backward()
    >>> print(summary(y))
    summary of a Value
      nodes       6: 2 leaves, 4 operations
      operations  1 *, 1 ReLU, 1 +, 1 tanh
      depth       4
      memory      about 188 bytes
      numbers     all finite
      dead        1 of 1 relu: output and derivative are 0
      saturated   0 of 1 tanh: derivative below 0.01
      adjoints    all finite; 2 of 6 are 0
      largest     1 of tanh at depth 4; 0.070651 of x at depth 0; 0.070651 of ReLU
                  at depth 2
      smallest    0.070651 of x at depth 0; 0.070651 of ReLU at depth 2; 0.070651 of
                  + at depth 3
               units  dead  saturated  rms adjoint
      layer 1      1     1          0       0.0707
      layer 2      1     0          0            1
      adjoints go from 1 in layer 2 to 0.0707 in layer 1
    >>> summary(y).dead
    1
    """
    if isinstance(thing, core.Node):
        return of_graph(thing)
    if isinstance(thing, Module):
        return of_module(thing)
    raise not_taken(thing, "summary", "a Value or a Module")
