/* The careful sweep. It makes one descending pass over each graph. A node's adjoint is complete when the pass reaches
 * it, because all its consumers come after it. Its rule then adds to its operands.
 *
 * Every product is the chain rule's product (docs/conventions.md): IEEE's, except that a nan made by a zero factor is
 * 0. Most sweeps do not need this, and are done by dense.c. */
#include "sweep/careful.h"

#include <math.h>
#include <string.h>

#include "bulk/pull.h"

/* What a pass reads, by value. Through a pointer, it would have to be read again after every store. */
typedef struct {
    sg_sweep_state *sweep;
    const sg_graph *graph;
    const double *val, *consts;
    const uint32_t *a, *b;
    const uint8_t *op;
    double *adj;
    uint8_t *blocks;
    int check;               /* stop at a nan or inf; a constant at each call */
    int quick;               /* bulks that are reached as a whole go through the kernels, until a nan appears */
} careful_pass;

/* Adds a contribution to an operand's adjoint and returns the sum. */
static inline __attribute__((always_inline)) double push(careful_pass v, uint32_t operand, double c)
{
    if (sg_is_reached(v.adj[operand])) {
        c = v.adj[operand] + c;
    } else {
        v.blocks[operand / 64] = 1;
        if (v.op[operand] < SG_FIRST)
            c = sg_running_sum(v.sweep, v.graph, operand) + c;
    }
    v.adj[operand] = c;
    return c;
}

#define SG_PASS careful_pass
#define SG_TIMES(d, partial) sg_zmul((d), (partial))
#define SG_ACCUMULATE(operand, product)                                                                                \
    do {                                                                                                               \
        double sum = push(v, (operand), (product));                                                                    \
        if (v.check && !isfinite(sum))                                                                                 \
            return 0;                                                                                                  \
    } while (0)
#include "sweep/rules.h"

/* One element of a bulk. */
static __attribute__((noinline)) int visit_element(careful_pass v, uint32_t i, double d)
{
    const sg_bulk *bulk = &v.graph->bulks[v.a[i]];
    uint32_t e = i - bulk->first, n = sg_operand_count(v.graph, i);
    double z = v.val[i];
    if (bulk->op == SG_DOT) {
        for (uint32_t k = 0; k < n; k++) {
            uint32_t operand = sg_element_operand(v.graph, bulk, e, k);
            if (!(operand & SG_CONST))
                SG_ACCUMULATE(operand, SG_TIMES(d, number_in(v, sg_element_operand(v.graph, bulk, e, k ^ 1))));
        }
        return 1;
    }
    uint32_t operands[3] = {0, 0, 0};
    double x[3] = {0, 0, 0};
    for (uint32_t k = 0; k < n; k++) {
        operands[k] = sg_element_operand(v.graph, bulk, e, k);
        x[k] = number_in(v, operands[k]);
    }
    for (uint32_t k = 0; k < n; k++)
        SG_ACCUMULATE_NODE(operands[k], SG_TIMES(d, sg_partial(bulk->op, (int)k, x[0], x[1], x[2], z)));
    return 1;
}

/* Adds to a node. If that is the next to be visited, its adjoint also stays in a register: in a chain, waiting for the
 * store would take most of the time. */
#define PUSH_NODE(operand, product)                                                                                    \
    do {                                                                                                               \
        double c = push(v, (operand), (product));                                                                      \
        if ((operand) == i - 1)                                                                                        \
            next = c;                                                                                                  \
        if (v.check && !isfinite(c))                                                                                   \
            goto not_finite;                                                                                           \
    } while (0)

#define CAREFUL_1(name, code)                                                                                          \
    case code:                                                                                                         \
        PUSH_NODE(a, SG_PRODUCT_##name##_0(d, v.val[a], v.val[i]));                                                    \
        continue;
#define CAREFUL_2(name, code)                                                                                          \
    case code:                                                                                                         \
        if (!((a | b) & SG_CONST)) {                                                                                   \
            PUSH_NODE(a, SG_PRODUCT_##name##_0(d, v.val[a], v.val[b], v.val[i]));                                      \
            PUSH_NODE(b, SG_PRODUCT_##name##_1(d, v.val[a], v.val[b], v.val[i]));                                      \
        } else if (b & SG_CONST) {                                                                                     \
            PUSH_NODE(a, SG_PRODUCT_##name##_0(d, v.val[a], number_in(v, b), v.val[i]));                               \
        } else {                                                                                                       \
            PUSH_NODE(b, SG_PRODUCT_##name##_1(d, number_in(v, a), v.val[b], v.val[i]));                               \
        }                                                                                                              \
        continue;

static void describe(careful_pass v, uint32_t i, sg_report *report)
{
    report->graph = v.graph->serial;
    report->index = i;
    report->opcode = sg_opcode(v.graph, i);
    report->count = sg_operand_count(v.graph, i);
    for (uint32_t k = 0; k < report->count && k < 3; k++)
        report->operands[k] = number_in(v, sg_operand(v.graph, i, k));
}

/* Begins the sums of an operand of a bulk, where a node is not reached yet: with its running sum, or at -0.0. */
static void begin_span(careful_pass v, const sg_bulk *bulk, int k)
{
    uint32_t rows, columns;
    const sg_span *span = sg_span_of_nodes(bulk, k, &rows, &columns);
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < columns; c++) {
            uint32_t operand = sg_span_operand(v.graph, span, r, c);
            if (operand & SG_CONST || sg_is_reached(v.adj[operand]))
                continue;
            v.blocks[operand / 64] = 1;
            v.adj[operand] = v.op[operand] < SG_FIRST ? sg_running_sum(v.sweep, v.graph, operand) : -0.0;
        }
}

static int span_has_nan(careful_pass v, const sg_bulk *bulk, int k)
{
    uint32_t rows, columns;
    const sg_span *span = sg_span_of_nodes(bulk, k, &rows, &columns);
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < columns; c++) {
            uint32_t operand = sg_span_operand(v.graph, span, r, c);
            if (!(operand & SG_CONST) && isnan(v.adj[operand]))
                return 1;
        }
    return 0;
}

/* Sweeps with the kernels the bulk whose last node is i. SG_DONE, SG_NO_MEMORY or SG_REPEAT; or SG_BY_ELEMENT, if it is
 * reached in part. */
static __attribute__((noinline)) sg_outcome pull_whole(careful_pass v, uint32_t i)
{
    const sg_bulk *bulk = &v.graph->bulks[v.a[i]];
    if (i != bulk->first + bulk->rows * bulk->columns - 1)
        return SG_BY_ELEMENT;
    for (uint32_t e = bulk->first; e < i; e++)
        if (!sg_is_reached(v.adj[e]))
            return SG_BY_ELEMENT;
    for (int k = 0; k < 3; k++)
        begin_span(v, bulk, k);
    sg_outcome outcome = sg_bulk_pull(v.graph, bulk, v.adj);
    for (int k = 0; outcome == SG_DONE && k < 3; k++)
        if (span_has_nan(v, bulk, k))
            return SG_REPEAT;
    return outcome;
}

static inline __attribute__((always_inline)) sg_outcome sweep_graph(careful_pass v, sg_report *report)
{
    for (uint32_t count = v.graph->count, block = count / 64 + 1; block-- > 0;) {
        if (!v.blocks[block])
            continue;
        uint32_t start = 64 * block, i = start + 64 < count ? start + 64 : count;
        double next = v.adj[i - 1];
        while (i-- > start) {
            double d = next;
            next = v.adj[(int64_t)i - 1];
            if (!sg_is_reached(d))
                continue;
            uint32_t a = v.a[i], b = v.b[i];
            switch (v.op[i]) {
                SG_ROWS_1(CAREFUL_1)
                SG_ROWS_2(CAREFUL_2)
            case SG_LEAF:
            case SG_LINK:
                if (sg_pass_on(v.sweep, v.graph, i, d) == SG_NO_MEMORY)
                    return SG_NO_MEMORY;
                continue;
                SG_ROWS_3(SG_CASE)
                if (!visit_ternary(v, i, d))
                    goto not_finite;
                break;
                SG_JOINTS(SG_CASE)
                switch (visit_joint(v, i)) {
                case SG_NO_MEMORY:
                    return SG_NO_MEMORY;
                case SG_NOT_FINITE:
                    goto not_finite;
                default:
                    break;
                }
                break;
            case SG_ALSO:
                PUSH_NODE(a, SG_TIMES(d, 0.0));
                continue;
            case SG_BULK:
                if (v.quick && !v.check) {
                    sg_outcome outcome = pull_whole(v, i);
                    if (outcome == SG_DONE) {
                        i = v.graph->bulks[a].first;
                        block = i / 64;
                        start = 64 * block;
                        break;
                    }
                    if (outcome != SG_BY_ELEMENT)
                        return outcome;
                }
                if (!visit_element(v, i, d))
                    goto not_finite;
                break;
            default:
                if (!visit_reduction(v, i, d))
                    goto not_finite;
            }
            next = v.adj[(int64_t)i - 1];
            continue;
        not_finite:
            describe(v, i, report);
            return SG_NOT_FINITE;
        }
    }
    return SG_DONE;
}

sg_outcome sg_sweep_careful(sg_sweep_state *sweep, sg_part part, enum sg_manner manner, sg_report *report)
{
    const sg_graph *g = part.graph;
    careful_pass v = {
        sweep, g, g->val, g->consts, g->a, g->b, g->op, part.scratch.adj, part.scratch.blocks, 0, manner == SG_QUICK};
    if (manner != SG_CHECKED)
        return sweep_graph(v, report);
    v.check = 1;
    return sweep_graph(v, report);
}
