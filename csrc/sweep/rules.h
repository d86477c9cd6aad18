/* The backward rules of nodes whose operands are in args[], for both sweeps. careful.c and dense.c each include this
 * file once, and define before:
 *   SG_PASS                         a struct with graph, val, consts, a, b, op, adj
 *   SG_TIMES(d, partial)            how they multiply an adjoint by a partial
 *   SG_ACCUMULATE(operand, product) how they add to the adjoint of an operand, not a constant; may `return 0`
 * Each function returns 1, unless SG_ACCUMULATE has returned. */
#include "bulk/joint.h"
#include "table/encoding.h"
#include "table/reductions.h"
#include "table/table.h"
#include "tape/memory.h"
#include "tape/operands.h"

static inline double number_in(SG_PASS v, uint32_t operand)
{
    return sg_number_at(v.val, v.consts, operand);
}

#define SG_ACCUMULATE_NODE(operand, product)                                                                           \
    if (!((operand) & SG_CONST))                                                                                       \
    SG_ACCUMULATE(operand, product)

/* The partial of a reduction is an expression over the operand, the result and two gathered numbers. */
#define SG_ACCUMULATE_PARTIAL(name, k, y, all)                                                                         \
    SG_ACCUMULATE_NODE(args[k], SG_TIMES(d, sg_partial_##name(number_in(v, args[k]), (y), z, (all).s, (all).m)))

static __attribute__((noinline)) int visit_reduction(SG_PASS v, uint32_t i, double d)
{
    const uint32_t *args = v.graph->args + v.a[i], n = v.b[i];
    double z = v.val[i];
    sg_gathered all = {0, 0, 0};
    switch (v.op[i]) {
    case SG_SUM:
        for (uint32_t k = 0; k < n; k++)
            SG_ACCUMULATE_PARTIAL(sum, k, 0, all);
        return 1;
    case SG_DOT:
        for (uint32_t k = 0; k < n; k++)
            SG_ACCUMULATE_PARTIAL(dot, k, number_in(v, args[k ^ 1]), all);
        return 1;
    case SG_MAX:
        all = sg_count_equal(v.val, v.consts, args, n, z);
        for (uint32_t k = 0; k < n; k++)
            SG_ACCUMULATE_PARTIAL(max, k, 0, all);
        return 1;
    case SG_MIN:
        all = sg_count_equal(v.val, v.consts, args, n, z);
        for (uint32_t k = 0; k < n; k++)
            SG_ACCUMULATE_PARTIAL(min, k, 0, all);
        return 1;
    case SG_CUSTOM:
    case SG_RULED: /* args[0] is a constant; no derivative is taken by the partials */
        for (uint32_t k = 1; k + 1 < n; k += 2) {
            SG_ACCUMULATE_PARTIAL(custom, k, number_in(v, args[k + 1]), all);
            SG_ACCUMULATE_NODE(args[k + 1], SG_TIMES(d, 0.0));
        }
        return 1;
    case SG_MEAN:
        all.s = n;
        for (uint32_t k = 0; k < n; k++)
            SG_ACCUMULATE_PARTIAL(mean, k, 0, all);
        return 1;
    case SG_PROD:
        all = sg_gather_product(v.val, v.consts, args, n);
        for (uint32_t k = 0; k < n; k++)
            SG_ACCUMULATE_PARTIAL(prod, k, all.y, all);
        return 1;
    case SG_NORM:
        all = sg_gather_norm(v.val, v.consts, args, n);
        for (uint32_t k = 0; k < n; k++)
            SG_ACCUMULATE_PARTIAL(norm, k, 0, all);
        return 1;
    default: /* SG_LOGSUMEXP; args[0] is the constant shift */
        all = sg_gather_exponentials(v.val, v.consts, args, n);
        for (uint32_t k = 1; k < n; k++)
            SG_ACCUMULATE_PARTIAL(logsumexp, k, 0, all);
        return 1;
    }
}

#define SG_TERNARY(name, code)                                                                                         \
    case code:                                                                                                         \
        SG_ACCUMULATE_NODE(args[0], SG_PRODUCT_##name##_0(d, x, y, w, z));                                             \
        SG_ACCUMULATE_NODE(args[1], SG_PRODUCT_##name##_1(d, x, y, w, z));                                             \
        SG_ACCUMULATE_NODE(args[2], SG_PRODUCT_##name##_2(d, x, y, w, z));                                             \
        return 1;

static __attribute__((noinline)) int visit_ternary(SG_PASS v, uint32_t i, double d)
{
    const uint32_t *args = v.graph->args + v.a[i];
    double x = number_in(v, args[0]), y = number_in(v, args[1]), w = number_in(v, args[2]), z = v.val[i];
    switch (v.op[i]) {
        SG_ROWS_3(SG_TERNARY)
    }
    return 1;
}

/* Adds what a joint operation of n operands contributes to them. */
static int add_contributions(SG_PASS v, const uint32_t *args, uint32_t n, const double *contributions)
{
    for (uint32_t k = 0; k < n; k++)
        SG_ACCUMULATE_NODE(args[k], contributions[k]);
    return 1;
}

/* The first result of a joint operation, when all its results have their adjoints. SG_DONE, SG_NO_MEMORY, or
 * SG_NOT_FINITE where SG_ACCUMULATE has returned. The others only lead to it: each adds zero times its adjoint. */
static __attribute__((noinline)) sg_outcome visit_joint(SG_PASS v, uint32_t i)
{
    const uint32_t *args = v.graph->args + v.a[i], n = v.b[i], count = sg_result_count(v.graph, i);
    size_t bytes = (2 * (size_t)n + count) * sizeof(double);
    double *space = sg_large_alloc(bytes), *out = space + n, *adjoints = out + n;
    if (!space)
        return SG_NO_MEMORY;
    for (uint32_t k = 0; k < n; k++)
        space[k] = number_in(v, args[k]);
    for (uint32_t k = 0; k < count; k++)
        adjoints[k] = sg_is_reached(v.adj[i + k]) ? v.adj[i + k] : 0.0;
    int done = sg_joint_pull(v.op[i], space, n, adjoints, out);
    int finite = done && add_contributions(v, args, n, out);
    sg_large_free(space, bytes);
    return !done ? SG_NO_MEMORY : finite ? SG_DONE : SG_NOT_FINITE;
}

#define SG_CASE(name, code) case code:
