/* The backward rules of nodes whose operands stand in args[], for both sweeps. The includer defines before:
 *   view                     a struct with graph, val, consts, a, b, op, adj
 *   SG_TIMES(d, partial)     how it multiplies an adjoint by a partial
 *   SG_ADD(operand, product) how it adds to an operand that is no constant; may `return 0`
 * Each function gives 1, unless SG_ADD has returned. */
#include "bulk.h"
#include "reduce.h"
#include "scalargrad.h"

static inline double value(view v, uint32_t operand)
{
    return operand & SG_CONST ? v.consts[operand & ~SG_CONST] : v.val[operand];
}

#define SG_ADD_TRACKED(operand, product)                                                                              \
    if (!((operand) & SG_CONST))                                                                                      \
        SG_ADD(operand, product)

/* A reduction's partial is an expression over the operand, the result and two gathered numbers. */
#define SG_ADD_PARTIAL(name, k, y, all)                                                                               \
    SG_ADD_TRACKED(args[k], SG_TIMES(d, sg_partial_##name(value(v, args[k]), (y), z, (all).s, (all).m)))

static __attribute__((noinline)) int visit_reduction(view v, uint32_t i, double d)
{
    const uint32_t *args = v.graph->args + v.a[i], n = v.b[i];
    double z = v.val[i];
    sg_gathered all = {0, 0};
    switch (v.op[i]) {
    case SG_SUM:
        for (uint32_t k = 0; k < n; k++)
            SG_ADD_PARTIAL(sum, k, 0, all);
        return 1;
    case SG_DOT:
        for (uint32_t k = 0; k < n; k++)
            SG_ADD_PARTIAL(dot, k, value(v, args[k ^ 1]), all);
        return 1;
    case SG_MAX:
        all = sg_count_equal(v.graph, args, n, z);
        for (uint32_t k = 0; k < n; k++)
            SG_ADD_PARTIAL(max, k, 0, all);
        return 1;
    case SG_MIN:
        all = sg_count_equal(v.graph, args, n, z);
        for (uint32_t k = 0; k < n; k++)
            SG_ADD_PARTIAL(min, k, 0, all);
        return 1;
    case SG_CUSTOM: /* args[0] and the partials are constants */
        for (uint32_t k = 1; k + 1 < n; k += 2)
            SG_ADD_PARTIAL(custom, k, value(v, args[k + 1]), all);
        return 1;
    default: /* SG_LOGSUMEXP; args[0] is the constant shift */
        all = sg_gather_exponentials(v.graph, args, n);
        for (uint32_t k = 1; k < n; k++)
            SG_ADD_PARTIAL(logsumexp, k, 0, all);
        return 1;
    }
}

#define SG_VISIT_3(name, code)                                                                                        \
    case code:                                                                                                        \
        SG_ADD_TRACKED(args[0], SG_PRODUCT_##name##_0(d, x, y, w, z));                                                \
        SG_ADD_TRACKED(args[1], SG_PRODUCT_##name##_1(d, x, y, w, z));                                                \
        SG_ADD_TRACKED(args[2], SG_PRODUCT_##name##_2(d, x, y, w, z));                                                \
        return 1;

static __attribute__((noinline)) int visit_ternary(view v, uint32_t i, double d)
{
    const uint32_t *args = v.graph->args + v.a[i];
    double x = value(v, args[0]), y = value(v, args[1]), w = value(v, args[2]), z = v.val[i];
    switch (v.op[i]) {
        SG_ROWS_3(SG_VISIT_3)
    }
    return 1;
}

/* An element of a bulk, by itself. */
static __attribute__((noinline)) int visit_element(view v, uint32_t i, double d)
{
    const sg_bulk *bulk = &v.graph->bulks[v.a[i]];
    uint32_t e = i - bulk->first, n = sg_operand_count(v.graph, i);
    double z = v.val[i];
    if (bulk->op == SG_DOT) {
        for (uint32_t k = 0; k < n; k++) {
            uint32_t operand = sg_element_operand(v.graph, bulk, e, k);
            if (!(operand & SG_CONST))
                SG_ADD(operand, SG_TIMES(d, value(v, sg_element_operand(v.graph, bulk, e, k ^ 1))));
        }
        return 1;
    }
    uint32_t operands[3] = {0, 0, 0};
    double x[3] = {0, 0, 0};
    for (uint32_t k = 0; k < n; k++) {
        operands[k] = sg_element_operand(v.graph, bulk, e, k);
        x[k] = value(v, operands[k]);
    }
    for (uint32_t k = 0; k < n; k++)
        SG_ADD_TRACKED(operands[k], SG_TIMES(d, sg_partial(bulk->op, (int)k, x[0], x[1], x[2], z)));
    return 1;
}

#define SG_CASE(name, code) case code:
