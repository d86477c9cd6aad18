"""The functions of one, two or three numbers: on Values they return a Value and record it, on floats a float.

Each public row of `table/ops.py` has one; `functions.pyi` has their types. Names are those of the Python
array API standard where it has one. Each takes a Value or any number that `Value` takes, Vectors and Matrices element
by element, and raises `NumberError` for anything else. The conventions at kinks are in `docs/conventions.md`.
"""

from __future__ import annotations

import builtins

from scalargrad import core
from scalargrad.convert import number
from scalargrad.table import faces

_functions = faces.functions(core.apply, number, core.Node, globals())
# `import *` replaces no builtin: sg.abs, sg.pow and sg.round are used as such, or imported by name.
globals().update(_functions, __all__=sorted(_functions.keys() - vars(builtins).keys()))
