"""Mutants that nothing can tell from the program, each with the reason. One that survives and is not here is a gap."""

from __future__ import annotations

# (file, line, what it becomes), both without the space around them: why
EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "csrc/python/operators.c",
        "{0, NULL},",
        "/*{0, NULL},*/",
    ): "reads on past the table, where there is a zero; sanitizers see it",
    (
        "csrc/build.py",
        'f"static const signed char sg_arity[SG_OPCODES] = {{{arities}}};",',
        'f"static const signed char sg_arity[] = {{{arities}}};",',
    ): "as many arities as opcodes",
    (
        "csrc/kernels/kernels.h",
        "if (o.weight_decay != 0.0)",
        "if (o.weight_decay > 0.0)",
    ): "optimisers refuse a negative weight_decay",
    (
        "scalargrad/pure/tape.py",
        "graph.fewest_handles = min(graph.fewest_handles, references)",
        "graph.fewest_handles = min ( references,graph.fewest_handles)",
    ): "the smaller of two integers, in either order",
    (
        "csrc/sweep/careful.c",
        "for (uint32_t e = bulk->first; e < i; e++)",
        "for (uint32_t e = bulk->first; e <= i; e++)",
    ): "node i itself is reached: it is being visited",
    (
        "csrc/kernels/lanes.h",
        "double lr, momentum, dampening, weight_decay;",
        "double lr , dampening, momentum, weight_decay;",
    ): "the order of fields, which are read and written by name",
    (
        "csrc/tape/memory.c",
        "return may_allocate() ? malloc(bytes ? bytes : 1) : NULL;",
        "return may_allocate() ? malloc(bytes ? bytes : (1+1)) : NULL;",
    ): "a byte more for nothing",
}
