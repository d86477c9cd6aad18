"""The promises of docs/conventions.md, copied by hand, each with the facts or tests that hold it.

The page is read word by word: a sentence that is changed, added or dropped there has no line here, and fails. The kinks
are quoted too, so that neither a row of the table nor its text can change alone.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scalargrad.table import ops
from tests.test_facts import FACTS
from tests.test_facts_many import FACTS as OF_MANY

pytestmark = pytest.mark.once

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "conventions.md").read_text()
CALLS = {fact.text for fact in (*FACTS, *OF_MANY)}

KINKS: dict[str, tuple[str, str]] = {  # primitive: its line, and the facts of it
    "pow": ("0**0 is 1, both partials 0; by the exponent: 0 at base 0 (exponent >= 0), nan at a negative base",
            "pow(0, 0); pow(-0.0, 0); pow(0, 0.5); pow(0, 2.5); pow(-2, 0); pow(-2, 3); pow(-2, -1)"),
    "floordiv": ("partials 0", "floordiv(7, 2); floordiv(-7, 2); floordiv(1, 0)"),
    "remainder": ("Python's sign (that of y); partials 1 and -(x // y)",
                  "remainder(7, 3); remainder(-7, 3); remainder(7, -3); remainder(-7, -3); remainder(6, -3)"),
    "fmod": ("C's sign (that of x); partials 1 and -trunc(x / y)",
             "fmod(7, 3); fmod(-7, 3); fmod(7, -3); fmod(-7, -3); fmod(6, up(3)); fmod(6, down(3)); fmod(1, 0.1)"),
    "sqrt": ("derivative inf at 0", "sqrt(0.0); sqrt(-0.0)"),
    "cbrt": ("derivative inf at 0", "cbrt(0.0); cbrt(-0.0)"),
    "atan2": ("partials nan at the origin", "atan2(0.0, 0.0); atan2(-0.0, 0.0); atan2(0.0, -0.0); atan2(-0.0, -0.0)"),
    "relu": ("x unless x < 0, so -0.0 and nan stay; derivative 0 at 0", "relu(0.0); relu(-0.0); relu(nan); relu(-2)"),
    "leaky_relu": ("derivative slope at 0", "leaky_relu(0.0, 0.1); leaky_relu(-0.0, 0.1)"),
    "elu": ("derivative alpha at 0", "elu(0.0, 0.5); elu(-0.0, 0.5)"),
    "xlogy": ("0 at x = 0 unless y is nan; partials 0 at x = 0 where y <= 0",
              "xlogy(0.0, 0.0); xlogy(-0.0, -0.0); xlogy(0, -2); xlogy(0, 2); xlogy(0, inf); xlogy(0, nan)"),
    "softsign": ("all derivatives but the first 0 at 0", "softsign(0.0); softsign(-0.0)"),
    "selu": ("derivative scale * alpha at 0", "selu(0.0); selu(-0.0)"),
    "hardtanh": ("derivative 0 at a bound, as in PyTorch; clip has 1",
                 "hardtanh(-1, -1, 1); hardtanh(1, -1, 1); hardtanh(2, 2, 2)"),
    "abs": ("derivative 0 at 0", "abs(0.0); abs(-0.0)"),
    "sign": ("sign(0) is 0; derivative 0", "sign(0.0); sign(-0.0); sign(2)"),
    "floor": ("derivative 0", "floor(2.5); floor(2)"),
    "ceil": ("derivative 0", "ceil(2.5); ceil(2)"),
    "trunc": ("derivative 0", "trunc(2.5); trunc(-2.7)"),
    "round": ("halves to even; derivative 0", "round(0.5); round(1.5); round(2.5); round(-0.5); round(-1.5)"),
    "copysign": ("derivative 0 at x = 0, as for abs; a nan counts as positive, whatever its sign bit",
                 "copysign(0.0, -1); copysign(-0.0, 1); copysign(-2, nan); copysign(-2, -nan); copysign(2, -nan)"),
    "erfinv": ("inf at 1 and -inf at -1, derivative inf at both; nan outside",
               "erfinv(1); erfinv(-1); erfinv(up(1)); erfinv(-2)"),
    "lgamma": ("inf at 0 and the negative integers; its derivative is what digamma is there",
               "lgamma(0.0); lgamma(-0.0); lgamma(-1); lgamma(-7)"),
    "digamma": ("-inf at 0.0, inf at -0.0, nan at the negative integers",
                "digamma(0.0); digamma(-0.0); digamma(-1); digamma(-2)"),
    "polygamma": ("partial 0 by n, nan unless n is a whole number and not negative; at 0 and the negative integers inf"
                  " for an odd n, and what digamma is there for an even n",
                  "polygamma(0.5, 2); polygamma(-1, 2); polygamma(inf, 2); polygamma(1, 0.0); polygamma(1, -3);"
                  " polygamma(2, 0.0); polygamma(2, -0.0); polygamma(2, -3)"),
    "maximum": ("in a tie 1/2 each; maximum(nan, 1) is nan", "maximum(1, 1); maximum(nan, 1); maximum(1, nan)"),
    "minimum": ("in a tie 1/2 each; minimum(nan, 1) is nan", "minimum(1, 1); minimum(nan, 1); minimum(1, nan)"),
    "clip": ("derivative 1 at a bound", "clip(0, 0, 1); clip(1, 0, 1); clip(1, 1, 1)"),
    "where": ("partial 0 for the branch not chosen, whatever its value",
              "where(1, 2, 3); where(0, 2, 3); where(0, inf, 3); where(1, 2, nan)"),
    "hypot": ("partials 0 at the origin", "hypot(0, 0); hypot(-0.0, 0.0)"),
    "max": ("in a tie of k, or of k nans, 1/k each",
            "max(1, 3, 3, 2, 3); max(2, nan, 2, -nan); max(4, 4, 4, 4); max(nan, 1)"),
    "min": ("in a tie of k, or of k nans, 1/k each",
            "min(1, 3, 1, 2, 1); min(2, nan, 2, -nan); min(nan, 1)"),
    "prod": ("the product of the other operands; nan where these have both 0 and inf",
             "prod(0, inf); prod(0, inf, 2); prod(0, 0, inf); prod(2, 0, 5)"),
    "norm": ("partials 0 at the origin", "norm(0); norm(-0.0, 0.0); norm(0, 0, 0)"),
}  # fmt: skip

# In the order of the page: its words, and what holds them: facts, or test_file::test, or why nothing need.
PROSE: list[tuple[str, str]] = [
    ("What scalargrad computes where mathematics leaves a choice.", "an introduction"),
    ("The tables on this page are generated from [`scalargrad/table/ops.py`](../scalargrad/table/ops.py) by"
     " `python docs/generate.py`.", "test_docs::test_the_tables_are_those_of_the_code"),
    ("Where a derivative does not exist, the table fixes one value. It is the same in every backend.",
     "test_table::test_both_backends_compute_the_same_bits"),
    ("At a tie, Python's own `max` and `min` pick one operand; `sg.max` and `sg.min` share the gradient among all of"
     " them.",
     "max(1, 3, 3, 2, 3); min(1, 3, 1, 2, 1)"),
    ("Numbers are C doubles.", "test_value::test_numbers_in"),
    ("Results follow IEEE 754, also where Python's float raises: `Value(1.0) / 0` is inf, `log(0)` is -inf,"
     " `log(-1)` is nan, `exp(1000)` is inf.",
     "div(1, 0); log(0); log(-1); exp(1000); div(0, 0); pow(0, -1); remainder(1, 0); sqrt(-1)"),
    ("A negative base with a fractional exponent returns nan, never a complex number.",
     "pow(-8, 1 / 3); pow(-2, 0.3); pow(-2, 2.5)"),
    ("`x**2` is `x*x`.", "square(0.1); test_facts_surface::test_a_square_is_a_product"),
    ("Every other power is the C library's `pow`.", "pow(4, 0.5); test_facts_surface::test_a_square_is_a_product"),
    ("Nothing sets flush-to-zero. Subnormals, infinities and signed zeros are kept.",
     "sub(normal, down(normal)); add(least, least); neg(0.0); add(-0.0, -0.0); sum(-0.0); add(inf, -inf)"),
    ("Where bits are compared, any nan equals any nan: its sign and payload carry no meaning. `copysign(x, nan)` takes"
     " a nan as positive.",
     "copysign(2, nan); copysign(-2, -nan); test_table::test_the_sign_of_a_nan_does_not_show"),
    ("Every product of the chain rule, an adjoint times a partial, is computed by `zmul(a, b)`: the IEEE product,"
     " except that a zero factor never makes a nan; 0·inf and 0·nan are 0.",
     "test_facts_surface::test_the_product_of_the_chain_rule"),
    ("A branch that `where` masks has the adjoint 0, so no nan comes out of it:",
     "where(1, 2, nan); test_facts_surface::test_the_product_of_the_chain_rule"),
    ("The C core's quick sweep (`csrc/sweep/dense.c`) uses plain products. If one makes a nan, the nan reaches at"
     " least one leaf, because every node has an operand that is not a constant, and nan times anything is nan. So if"
     " the adjoint of a leaf, or of a node of an earlier graph, is nan, all graphs are swept again with `zmul`."
     " The results of the first sweep are discarded, so"
     " the bits are the same as with `zmul` alone.", "test_facts::test_in_bulk"),
    ("The C core and the pure-Python backend compute the same bits, for values and gradients. These rules ensure it:",
     "test_table::test_both_backends_compute_the_same_bits"),
    ("No fused multiply-add (`-ffp-contract=off`) and no fast-math. Both backends call the transcendental functions of"
     " the same C library. A partial is an expression over rows of the table, evaluated the same way everywhere.",
     "test_table::test_both_backends_compute_the_same_bits"),
    ("Contributions to an adjoint are added in one order: consumers in reverse order of recording, a node's operands in"
     " their order.", "test_facts_surface::test_contributions_come_in_one_order"),
    ("The first contribution is assigned, not added to zero, so a negative zero survives.", "sub(-0.0, 0.0);"
     " mul(-0.0, 5); test_facts::test_scalars"),
    ("`dot` sums from left to right.", "dot(1e16, 1, 1, 1, -1e16, 1); dot(1e16, 1, -1e16, 1, 1, 1)"),
    ("`sum` and `mean` add up chunks of 128 numbers in order. Each chunk has eight interleaved sums, added as"
     " ((s0+s4)+(s2+s6))+((s1+s5)+(s3+s7)).",
     "sum(1e16, 1, -1e16, 1); sum(1e16, -1e16, 1, 1); sum(*at(385, {0: 1e16, 128: -1e16, 256: 1, 384: 1}));"
     " test_many::test_the_order_of_a_sum"),
    ("A graph is cut when `backward` closes it, or when it has grown to between 65,536 and 131,072"
     " nodes. The cut does not change a bit: the entry of a leaf, or of a node of an earlier graph, continues the"
     " running sum of its target.",
     "test_size::*"),
    ("The value and the gradient of every function have an error of at most 1e-14 over the whole range, relative to the"
     " result, or for sums that cancel to the largest summand. `tests/test_digits.py` compares with 60-digit"
     " arithmetic.", "test_digits::test_unary"),
    ("The numbers of one reduction may have any mixture of magnitudes: a sum, mean, product, `dot` or `norm` over- or"
     " underflows only if the whole result does, and a subnormal result is within half an ulp.",
     "test_magnitudes::*; mean(1e308, 1e308); sum(1e308, -1e308, 1e308, -1e308); prod(1e200, 1e200, 1e-300)"),
    ("Two cases are known to fall short. The gradient of `softmax` and `log_softmax` by their own input loses digits"
     " where that input has nearly all the weight: 1 - p cancels, and the error is 1e-16 of the largest summand, p. And"
     " a subnormal weight of `softmax` is rounded twice, so it is within one ulp.",
     "test_digits::test_softmax_and_log_softmax; test_magnitudes::test_softmax_and_log_softmax"),
    ("Between the poles on the negative side, `digamma` and, for an even n, `polygamma` cross 0, where their "
     "summands cancel. There the error is relative to the largest summand: digamma(1 - x) or π·cot(πx), and n!/(x "
     "+ k)ⁿ⁺¹ of the nearest pole -k. `lgamma` keeps its digits at its zeros too. From n = 170 on, n! is near the "
     "largest double or above it, and `polygamma` or its gradient has an error of up to 6e-16·n.",
     "test_special::test_between_the_poles; test_special::test_every_order_of_polygamma"),
    ("In `sg.linalg` the error depends on the matrix. `det` and its gradient are those of a matrix whose"
     " elements differ from the given ones by about n² units of rounding of the largest in their row: that is"
     " exact also for a singular matrix, whose cofactors are found without a division by 0. `solve`, `inv`,"
     " `slogdet` and their gradients have about n³·cond(A) units, where cond(A) is Skeel's condition number,"
     " the norm of |A⁻¹||A|, which no scale of rows changes; `cholesky` the usual one. Rows and columns are"
     " scaled by powers of two first, so no step over- or underflows where the results do not."
     " `tests/test_linalg.py` holds the bounds against 50 digits.",
     "test_linalg::*"),
    ("`cholesky` reads only the lower triangle, as numpy does, so its gradient is 0 above the diagonal, and an"
     " element below has the gradient of its mirror image too: for a symmetric matrix of parameters that is"
     " the derivative by both.",
     "test_linalg::test_cholesky; test_linalg::test_cholesky_reads_the_lower_triangle"),
    ("A matrix is singular when elimination meets a zero: a matrix that is singular but for rounding has a"
     " result, with large elements.",
     "test_linalg::test_what_has_no_result"),
    ("`backward(seed)` adds to the `grad` of leaves, and computes interior adjoints anew. It works in scratch memory"
     " and commits at the end, so a call that fails or is interrupted changes nothing.", "test_graph::*"),
    ("An interior node's `grad` is its adjoint from the last `backward` that reached it, else 0.0. It can be set; its"
     " `data` cannot. Operands are captured when an operation is recorded. Setting a leaf's `data` afterwards does not"
     " alter the record.",
     "test_graph::*"),
    ("`copy.copy` of a leaf is a new leaf with the same number, grad, label and attributes; of a result it is the same"
     " node.", "test_copy::test_a_copy_is_a_new_leaf_or_the_same_node"),
    ("Equality compares numbers, and the hash identifies the node, as in PyTorch. So `v in some_list` compares"
     " numbers.",
     "test_value::test_hash_is_identity_and_equality_numbers"),
    ("Do not keep a Value that depends on a leaf in an attribute of that leaf (of a subclass). The graph holds its"
     " leaves, so this makes a cycle, and graphs are freed by reference counting alone.", "advice"),
    ("A result of a transform is a Value exactly where it depends on a Value: `grad(f)(3.0)` is a float if `f`"
     " uses floats alone, `grad(f)(v)` is a Value unless `f` is linear, and so is `grad(f)(3.0)` where it depends"
     " on Values that `f` closes over, or makes. `no_grad` around the call gives floats, at the cost of a first"
     " derivative.",
     "test_transform_effects::test_a_transform_of_a_transform;"
     " test_transform_facts::test_containers_and_kinds_are_kept; test_orders_pairs::*;"
     " test_orders_state::test_first_derivatives_of_numbers_make_no_record"),
    ("At a kink the first derivative is what the table above says, and the further ones are 0: those of `relu`,"
     " `abs`, `maximum` and `clip` are 0 everywhere. Infinite ones are infinite: the second derivative of `sqrt` at"
     " 0 is -inf.",
     "test_orders_state::test_kinks_at_second_order"),
    ('The first derivatives of `grad`, `vjp` and `jacobian(mode="reverse")` have the bits of `backward`. `jvp` and'
     ' `jacobian(mode="forward")` add the same products in another order, so they agree within rounding. By default'
     " `jacobian` goes forward where there are fewer inputs than results. A `hessian` is symmetric to the bit.",
     "test_transforms::test_grad_is_backward; test_transforms::test_grad_is_a_row_of_the_jacobian;"
     " test_transforms::test_jvp_is_the_jacobian_times_the_tangent;"
     " test_transforms::test_the_columns_of_the_jacobian_are_forward_sweeps;"
     " test_higher::test_symmetric_to_the_bit_and_alike_from_both_sides"),
    ("A rule of `custom_vjp` that is called inside a transform runs on Values, so its own derivative is taken"
     " next. A node by hand (`Value(data, children, local_grads)`) has floats as partials: a second derivative by"
     " what its operands depend on raises `HigherOrderError`. So does `backward` inside a transform, from a Value"
     " that depends on the transform's arguments.",
     "test_custom::test_a_rule_of_values_has_every_derivative;"
     " test_transform_state_facts::test_the_higher_order_errors_name_the_ways_out;"
     " test_transform_state_facts::test_backward_inside_a_transform"),
    ("An index selects what it selects in numpy; results have one or two dimensions:"
     " | index | selects | | --- | --- |"
     " | `v[2]`, `m[1]`, `m[1, 2]`, `m[:, 0]`, `m[::-1, 1:]` | an element, a row, a column, parts |"
     " | `v[[2, 0]]`, `m[range(2)]`, `m[:, [2, 0]]` | several of them, in this order |"
     " | `m[[0, 1], [1, 0]]`, `p[range(n), y]` | element by element: `m[0, 1]` and `m[1, 0]`, as a Vector |"
     " | `m[rows][:, columns]`, `m[np.ix_(rows, columns)]` | all these rows with all these columns |"
     " | `v[v > 0]`, `m[m > 0]`, `m[[True, False]]` | where a mask is true |"
     " | `v[:, None]`, `v[None]`, `m[..., 0]` | a column, a row; `...` stands for the other axes |",
     "test_indexing::test_an_index_selects_what_numpys_does; test_indexing::test_two_lists_pick_element_by_element"),
    ("A result that would have three dimensions raises `ShapeError`. What is out of range, or is no index (a float, one"
     " bool), raises `IndexingError`, which is an `IndexError`. In one thing numpy is laxer: beside an empty list it"
     " does not check the other positions.",
     "test_indexing::test_any_index; test_indexing::test_what_is_no_index"),
    ("Elements cannot be replaced: `x[0] = 1.0` raises `ItemAssignmentError`. `sg.where(mask, new, x)`, `sg.stack` and"
     " `sg.concat` make new arrays; `x.data = [...]` sets the numbers of leaves.",
     "test_indexing::test_elements_cannot_be_replaced"),
    ("A comparison of arrays returns a `Mask`:", "test_masks::test_a_comparison_is_numpys"),
    ("`& | ^ ~` combine Masks with Masks, bools, lists of bools and numpy's bool arrays, and give Masks. In arithmetic"
     " a Mask is an array of ones and zeros. `sum()` and `mean()` give numbers, `all()` and `any()` bools, with an axis"
     " a Mask.",
     "test_masks::test_combinations_are_numpys; test_masks::test_a_mask_counts_as_ones_and_zeros;"
     " test_masks::test_reductions_are_numpys"),
    ("A Mask has no truth value unless it has one element. numpy takes it for an array of bools. `v == None` and"
     " `v == \"a\"` are False.",
     "test_masks::test_truth; test_masks::test_numpys_other_functions_get_bools;"
     " test_masks::test_what_is_no_number_is_not_equal"),
    ("numpy's functions and ufuncs on a Vector, Matrix or Mask, alone or with numbers, lists and numpy's arrays,"
     " return arrays of ours, with the gradient: `np.sum(m, axis=0, keepdims=True)`, `np.std(v)`,"
     " `np.concatenate([v, w])`, `np.where(v > 0, v, 0.0)`, `np.maximum.reduce(m)`. A function that has no rule"
     " raises `DispatchError`, and `out=`, `where=` and a `dtype` other than float raise `KeywordError`."
     " `x.numpy()` gives the numbers as float64, without the gradient; all of numpy takes them.",
     "test_numpy_functions::test_a_function_has_numpys_numbers_and_the_right_gradients;"
     " test_numpy_functions::test_a_function_without_a_rule_is_refused;"
     " test_numpy_functions::test_what_is_asked_of_a_function_may_be_refused;"
     " test_numpy_methods::test_numbers_are_a_copy_without_a_warning"),
    ("| written | result | | --- | --- | | `np.asarray(v)`, `np.array([v, w])`, `numbers.dot(v)` | numpy's"
     " object array of Values: the gradient is kept | | `np.asarray(v, float)`, `numbers[:] = v` | numbers, with"
     " an `ImplicitDetachWarning`: write `v.numpy()` | | `numbers *= v` | `KeywordError`; numbers stay as they"
     " were: write `a = numbers * v`. An object array takes the Values | | `np.zeros_like(v)`, `np.full_like(v,"
     " 2.0)` | constants | | `np.copy(v)` | results with the same numbers, whose gradient goes to `v`; `v.copy()`"
     " makes new leaves | | `np.linalg.norm(m, 2)`, `np.fft.fft(v)` | `DispatchError`: write `v.numpy()` |",
     "test_numpy_methods::test_numpys_own_conversion_keeps_the_gradient;"
     " test_numpy_methods::test_numbers_by_conversion_warn; test_numpy_ufuncs::test_arithmetic_in_place;"
     " test_numpy_functions::test_constants_depend_on_no_value; test_numpy_functions::test_a_copy_keeps_the_gradient"),
    ("`copy.copy(x)` and `x.copy()` make new leaves of the leaves, with the same numbers and grads. Results of"
     " operations stay what they are; `copy.deepcopy` copies their history too.",
     "test_arrays_copies::test_remembered_weights_stay_as_they_were; test_arrays_copies::test_what_is_no_leaf_stays"),
    ("The operations of `sg.linalg` have several results, and one rule for all of them. Their matrices are given row by"
     " row:", "test_linalg::*"),
]  # fmt: skip

# DESIGN, section 1, "Kinks": what is promised there in other words
DESIGN: dict[str, str] = {
    "relu(x) is x unless x<0 (so -0.0 and nan stay), relu'(0)=0": "relu(0.0); relu(-0.0); relu(nan); relu(-2)",
    "abs'(0)=0": "abs(0.0); abs(-0.0)",
    "maximum/minimum tie ½,½": "maximum(1, 1); minimum(1, 1); maximum(inf, inf)",
    "a k-way tie in sg.max 1/k each": "max(1, 3, 3, 2, 3); max(inf, 1, inf)",
    "maximum(nan, 1) is nan": "maximum(nan, 1)",
    "clip at a bound 1": "clip(0, 0, 1); clip(1, 0, 1)",
    "leaky_relu'(0)=slope": "leaky_relu(0.0, 0.1)",
    "floor, ceil, trunc, round, sign 0": "floor(2); ceil(2); trunc(2.5); round(2.5); sign(0.0)",
    "norm and hypot at the origin 0": "norm(0, 0, 0); hypot(0, 0)",
    "√'(0)=∞": "sqrt(0.0)",
    "0**0=1 with both partials 0": "pow(0, 0)",
    "∂(xʸ)/∂y is 0 at x=0 (y≥0) and nan at x<0": "pow(0, 1); pow(0, 2.5); pow(-2, 3)",
    "% has Python's sign, partials 1 and -(x//y)": "remainder(-7, 3); remainder(7, -3)",
    "1/0 inf, log(0) -inf, log(-1) nan, exp(1000) inf": "div(1, 0); log(0); log(-1); exp(1000)",
    "x**2 is square, x·x": "square(0.1); square(1e200)",
    "where lo > hi, clip is hi, as in numpy": "clip(1.5, 2, 1); clip(5, 2, 1); clip(0, 2, 1)",
}


def missing(holders: str) -> list[str]:
    """The facts and tests of a promise that are not there."""
    found = []
    for name in filter(None, map(str.strip, holders.split(";"))):
        file, _, test = name.partition("::")
        path = TESTS / f"{file}.py"
        there = name in CALLS or (path.exists() and (test == "*" or f"def {test}(" in path.read_text()))
        if not there and name not in ("an introduction", "advice"):
            found.append(name)
    return found


def test_the_kinks_are_as_they_were_promised() -> None:
    table = PAGE.split("<!-- kinks -->")[1].split("<!-- end of kinks -->")[0]
    assert dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE)) == {
        k: text for k, (text, _) in KINKS.items()
    }
    assert {r.name: r.kink for r in (*ops.PRIMITIVES, *ops.REDUCTIONS) if r.kink} == {
        k: t for k, (t, _) in KINKS.items()
    }


def test_every_word_of_the_page_is_promised_here() -> None:
    prose = re.sub(r"<!-- (\w+) -->.*?<!-- end of \1 -->|```.*?```|^#.*?$", "", PAGE, flags=re.DOTALL | re.MULTILINE)
    words = " ".join(re.sub(r"^- ", "", line.strip()) for line in prose.splitlines())
    assert " ".join(words.split()) == " ".join(" ".join(text for text, _ in PROSE).split())


PROMISES = [*((f"{name}: {text}", held) for name, (text, held) in KINKS.items()), *PROSE, *DESIGN.items()]


@pytest.mark.parametrize(("text", "holders"), PROMISES, ids=[text[:60] for text, _ in PROMISES])
def test_every_promise_has_its_facts(text: str, holders: str) -> None:
    assert holders
    assert missing(holders) == []


def test_the_facts_of_a_kink_are_of_its_primitive() -> None:
    for name, (_, holders) in KINKS.items():
        assert all(call.strip().startswith(f"{name}(") for call in holders.split(";")), name
