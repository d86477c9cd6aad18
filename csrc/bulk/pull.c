/* Contributions of bulk nodes to their operands, by the kernels. */
#include "bulk/pull.h"

#include "bulk/bulk.h"
#include "kernels/lanes.h"
#include "tape/memory.h"
#include "tape/operands.h"

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

/* Whether an operand's nodes are known to differ from one another, and from the nodes of the ranges before it.
 * `broadcast` says whether a number may stand for a whole row or column (stride 0). */
static int is_apart(const sg_bulk *bulk, int k, int broadcast, range *ranges, int *count)
{
    const sg_span *span = &bulk->operands[k];
    uint32_t rows, columns;
    if (span->kind == SG_NONE || span->kind == SG_CONSTS)
        return 1;
    if (span->kind == SG_LISTED)
        return 0;
    sg_bulk_extent(bulk, k, &rows, &columns);
    uint64_t along_row = (uint64_t)(columns - 1) * span->column, along_column = (uint64_t)(rows - 1) * span->row;
    int repeats = (rows > 1 && !span->row) || (columns > 1 && !span->column);
    if (repeats && !broadcast)
        return 0;
    /* either the rows or the columns must not overlap */
    if (!repeats && rows > 1 && columns > 1 && span->row <= along_row && span->column <= along_column)
        return 0;
    range own = {span->start, span->start + along_row + along_column, 0, 0};
    if (!repeats && columns > 1 && span->column > along_column) {
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

static void pull_elements(const sg_bulk *bulk, const sg_source sources[3], const double *val, double *adj)
{
    int arity = sg_arity[bulk->op], flat = 1;
    for (int k = 0; k < arity; k++)
        flat &= sg_is_flat(bulk, sources[k].row, sources[k].column);
    uint32_t rows = flat ? 1 : bulk->rows, columns = flat ? bulk->rows * bulk->columns : bulk->columns;
    double space[3][SG_STRIP], product[SG_STRIP];
    for (uint32_t r = rows; r-- > 0;)
        for (uint32_t end = columns; end > 0;) {
            uint32_t n = end < SG_STRIP ? end : SG_STRIP, start = end - n;
            const double *x[3] = {NULL, NULL, NULL};
            size_t first = bulk->first + (size_t)r * columns + start;
            for (int k = 0; k < arity; k++)
                x[k] = sg_side_by_side(sources[k], r, start, n, space[k]);
            for (int k = 0; k < arity; k++) {
                const sg_span *span = &bulk->operands[k];
                if (span->kind != SG_NODES)
                    continue;
                sg_lanes_pull(bulk->op, k, n, adj + first, x[0], x[1], x[2], val + first, product);
                double *to = adj + span->start + (size_t)r * span->row + (size_t)start * span->column;
                if (span->column == 1)
                    sg_lanes_add(n, product, to);
                else
                    for (uint32_t t = n; t-- > 0;)
                        to[(size_t)t * span->column] += product[t];
            }
            end = start;
        }
}

sg_outcome sg_bulk_pull(const sg_graph *graph, const sg_bulk *bulk, double *adj)
{
    range ranges[3];
    int count = 0, product = bulk->op == SG_DOT;
    for (int k = 0; k < 3; k++)
        if (!is_apart(bulk, k, !product, ranges, &count))
            return SG_BY_ELEMENT;
    sg_source sources[3];
    double *space;
    size_t size;
    if (!sg_bulk_sources(graph, bulk, sources, &space, &size))
        return SG_NO_MEMORY;
    int done = 1;
    if (product)
        done = pull_product(bulk, sources, adj);
    else
        pull_elements(bulk, sources, graph->val, adj);
    sg_large_free(space, size);
    return done ? SG_DONE : SG_NO_MEMORY;
}
