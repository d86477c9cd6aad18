/* Contributions of bulk nodes to their operands, by the kernels.
 *
 * An adjoint gets its contributions in the reverse order of the elements, and from one element in the order of its
 * operands. The contributions themselves depend on no adjoint that is still to be added to, so they are computed
 * together; only the order of adding is left to keep. */
#include "bulk/pull.h"

#include "bulk/bulk.h"
#include "bulk/shared.h"
#include "kernels/lanes.h"
#include "tape/memory.h"
#include "tape/operands.h"

/* --- element by element ------------------------------------------------------------------------------------------- */

/* The operands of a strip: those numbered start, start + step, ... */
typedef struct {
    const uint32_t *list;    /* NULL: the number is that of a node; else its position here */
    int64_t start, step;
} strip;

static inline void add_at(strip s, uint32_t t, double *adj, double contribution)
{
    int64_t at = s.start + t * s.step;
    uint32_t operand = s.list ? s.list[at] : (uint32_t)at;
    if (!(operand & SG_CONST))
        adj[operand] += contribution;
}

/* Whether no node that is an operand x of an element is operand y of a later one. */
static int is_in_order(strip x, strip y, uint32_t n)
{
    if (x.list || y.list)
        return 0;
    int64_t last = (int64_t)n - 1, x_end = x.start + last * x.step, y_end = y.start + last * y.step;
    if (x_end < y.start || y_end < x.start)
        return 1;
    strip wide = x.step > y.step ? x : y, narrow = x.step > y.step ? y : x;
    if (!narrow.step)
        return n == 1;
    int64_t t = wide.start < narrow.start ? (narrow.start - wide.start + wide.step - 1) / wide.step : 0;
    for (int64_t node; t <= last && (node = wide.start + t * wide.step) <= narrow.start + last * narrow.step; t++) {
        int64_t other = (node - narrow.start) / narrow.step;
        if (other * narrow.step == node - narrow.start && (x.step > y.step ? t < other : other < t))
            return 0;
        if (wide.step == narrow.step)            /* then all the others are as far apart */
            return 1;
    }
    return 1;
}

/* Adds the contributions of a strip, the last element first. */
static void add_strip(uint32_t n, int arity, const strip strips[3], double products[3][SG_STRIP], double *adj)
{
    int together = 1;
    for (int k = 0; k < arity; k++)
        for (int other = k + 1; together && other < arity; other++)
            together = strips[k].start < 0 || strips[other].start < 0 || is_in_order(strips[k], strips[other], n);
    for (int k = 0; together && k < arity; k++) {
        if (strips[k].start >= 0 && !strips[k].list && strips[k].step == 1)
            sg_lanes_add(n, products[k], adj + strips[k].start);
        else if (strips[k].start >= 0)
            for (uint32_t t = n; t-- > 0;)
                add_at(strips[k], t, adj, products[k][t]);
    }
    for (uint32_t t = together ? 0 : n; t-- > 0;)
        for (int k = 0; k < arity; k++)
            if (strips[k].start >= 0)
                add_at(strips[k], t, adj, products[k][t]);
}

static void pull_elements(const sg_graph *graph, const sg_bulk *bulk, const sg_source sources[3], double *adj)
{
    int arity = sg_arity[bulk->op], flat = 1;
    for (int k = 0; k < arity; k++)
        flat &= sg_is_flat(bulk, sources[k].row, sources[k].column) &
                sg_is_flat(bulk, bulk->operands[k].row, bulk->operands[k].column);
    uint32_t rows = flat ? 1 : bulk->rows, columns = flat ? bulk->rows * bulk->columns : bulk->columns;
    double space[3][SG_STRIP], products[3][SG_STRIP];
    for (uint32_t r = rows; r-- > 0;)
        for (uint32_t end = columns; end > 0;) {
            uint32_t n = end < SG_STRIP ? end : SG_STRIP, start = end - n;
            const double *x[3] = {NULL, NULL, NULL};
            size_t first = bulk->first + (size_t)r * columns + start;
            strip strips[3];
            for (int k = 0; k < arity; k++)
                x[k] = sg_side_by_side(sources[k], r, start, n, space[k]);
            for (int k = 0; k < arity; k++) {
                const sg_span *span = &bulk->operands[k];
                int64_t at = span->start + (int64_t)r * span->row + (int64_t)start * span->column;
                strips[k] = (strip){span->kind == SG_LISTED ? graph->args : NULL, span->kind == SG_CONSTS ? -1 : at,
                                    span->column};
                if (span->kind != SG_CONSTS)
                    sg_lanes_pull(bulk->op, k, n, adj + first, x[0], x[1], x[2], graph->val + first, products[k]);
            }
            add_strip(n, arity, strips, products, adj);
            end = start;
        }
}

/* --- products ----------------------------------------------------------------------------------------------------- */

typedef struct {
    uint64_t low, high;      /* the first and the last node */
    uint64_t stride, reach;  /* of the nodes in between: reach + 1 from each low + k * stride on; 0: all */
} range;

/* Whether no node is in both. They may be interleaved, like the weights and biases of a layer. */
static int are_apart(const range *x, const range *y)
{
    if (x->low > y->high || y->low > x->high)
        return 1;
    if (!x->stride || x->stride != y->stride)
        return 0;
    uint64_t between =
        y->low >= x->low ? (y->low - x->low) % x->stride : (x->stride - (x->low - y->low) % x->stride) % x->stride;
    return between > x->reach && between + y->reach < x->stride;
}

/* Whether an operand's nodes are known to differ from one another, and from the nodes of the ranges before it. */
static int is_apart(const sg_bulk *bulk, int k, range *ranges, int *count)
{
    const sg_span *span = &bulk->operands[k];
    uint32_t rows, columns;
    if (span->kind == SG_NONE || span->kind == SG_CONSTS)
        return 1;
    if (span->kind == SG_LISTED)
        return 0;
    sg_bulk_extent(bulk, k, &rows, &columns);
    uint64_t along_row = (uint64_t)(columns - 1) * span->column, along_column = (uint64_t)(rows - 1) * span->row;
    if ((rows > 1 && !span->row) || (columns > 1 && !span->column))
        return 0;
    /* either the rows or the columns must not overlap */
    if (rows > 1 && columns > 1 && span->row <= along_row && span->column <= along_column)
        return 0;
    range own = {span->start, span->start + along_row + along_column, 0, 0};
    if (columns > 1 && span->column > along_column) {
        own.stride = span->column;
        own.reach = along_column;
    }
    for (int other = 0; other < *count; other++)
        if (!are_apart(&own, &ranges[other]))
            return 0;
    ranges[(*count)++] = own;
    return 1;
}

/* 0: no memory. */
static int pull_product(const sg_bulk *bulk, const sg_source sources[3], double *adj)
{
    uint32_t rows = bulk->rows, columns = bulk->columns, inner = bulk->inner;
    const sg_span *left = &bulk->operands[0], *right = &bulk->operands[1], *bias = &bulk->operands[2];
    const double *last = adj + bulk->first + (size_t)(rows - 1) * columns, *x = sources[0].at;
    if (bias->kind == SG_NODES)
        for (uint32_t r = rows; r-- > 0;)
            for (uint32_t c = 0; c < columns; c++)
                adj[bias->start + c * bias->column] += adj[bulk->first + (size_t)r * columns + c];
    /* the later consumer first: columns, or rows, in descending order */
    if (left->kind == SG_NODES &&
        !sg_multiply(rows, inner, columns, (sg_source){adj + bulk->first + columns - 1, columns, -1},
                     (sg_source){sources[1].at + (columns - 1) * sources[1].column, -sources[1].column, sources[1].row},
                     (sg_target){adj + left->start, left->row, left->column}))
        return 0;
    return right->kind != SG_NODES ||
           sg_multiply(
               inner, columns, rows, (sg_source){x + (rows - 1) * sources[0].row, sources[0].column, -sources[0].row},
               (sg_source){last, -(ptrdiff_t)columns, 1}, (sg_target){adj + right->start, right->row, right->column});
}

sg_outcome sg_bulk_pull(const sg_graph *graph, const sg_bulk *bulk, double *adj)
{
    sg_source sources[3];
    double *space;
    size_t size;
    if (!sg_bulk_sources(graph, bulk, sources, &space, &size))
        return SG_NO_MEMORY;
    int done = 1, apart = 1, count = 0;
    range ranges[3];
    if (bulk->op != SG_DOT) {
        pull_elements(graph, bulk, sources, adj);
    } else {
        for (int k = 0; k < 3; k++)
            apart = apart && is_apart(bulk, k, ranges, &count);
        done = apart ? pull_product(bulk, sources, adj) : sg_pull_shared(graph, bulk, sources, adj);
    }
    sg_large_free(space, size);
    return done ? SG_DONE : SG_NO_MEMORY;
}
