/* Bulk nodes: values, and recording. */
#include "bulk/bulk.h"

#include <string.h>

#include "kernels/lanes.h"
#include "table/reductions.h"
#include "tape/memory.h"
#include "tape/operands.h"

/* --- values ------------------------------------------------------------------------------------------------------- */

/* The sizes of doubles are compared as integers, which the compiler does for many at once. */
#define POWER(e) ((uint64_t)(1023 + (e)) << 52)  /* the bits of 2**e */

static inline uint64_t size_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & ~((uint64_t)1 << 63);
}

/* Whether all numbers are so far from over- and underflow that sg_is_dot_plain. */
static int are_plain(const double *z, size_t n)
{
    uint64_t odd = 0;
    for (size_t t = 0; t < n; t++) {
        uint64_t size = size_of(z[t]);
        odd |= (size - POWER(-960)) | (POWER(1023) - size); /* the highest bit: too small or too large */
    }
    return !(odd >> 63);
}

/* The highest bit is set if a number is larger than 2**400, or smaller than 2**-400 but not 0. */
static inline uint64_t immoderate(double x)
{
    uint64_t size = size_of(x);
    return ((size - POWER(-400)) & (0 - size)) | (POWER(400) - size);
}

/* Whether all numbers are 0, or so moderate that no product of two over- or underflows, nor a sum of such products. */
static int are_moderate(sg_source x, uint32_t rows, uint32_t columns)
{
    uint64_t odd = 0;
    if (x.column == 1 && x.row == (ptrdiff_t)columns) {
        columns *= rows;
        rows = 1;
    }
    for (uint32_t r = 0; r < rows; r++) {
        const double *at = x.at + r * x.row;
        if (x.column == 1)
            for (uint32_t c = 0; c < columns; c++)
                odd |= immoderate(at[c]);
        else
            for (uint32_t c = 0; c < columns; c++)
                odd |= immoderate(at[c * x.column]);
    }
    return !(odd >> 63);
}

/* Whether no element of the product needs to be formed again; may be 0 although none does. Reads the fewer numbers. */
static int is_product_plain(const sg_bulk *bulk, const sg_source sources[3], const double *out)
{
    size_t rows = bulk->rows, columns = bulk->columns;
    if (bulk->inner * (rows + columns) < rows * columns && are_moderate(sources[0], bulk->rows, bulk->inner) &&
        are_moderate(sources[1], bulk->inner, bulk->columns) &&
        (!sources[2].at || are_moderate(sources[2], 1, bulk->columns)))
        return 1;
    return are_plain(out, rows * columns);
}

static int compute_product(const sg_bulk *bulk, const sg_source sources[3], double *out)
{
    uint32_t rows = bulk->rows, columns = bulk->columns, inner = bulk->inner;
    sg_source a = sources[0], b = sources[1];
    if (sources[2].at) {
        for (uint32_t c = 0; c < columns; c++)
            out[c] = sources[2].at[c * sources[2].column];
        for (uint32_t r = 1; r < rows; r++)
            memcpy(out + (size_t)r * columns, out, columns * sizeof *out);
    } else {                                     /* -0.0 is neutral: the sum begins with the first product */
        for (size_t t = 0; t < (size_t)rows * columns; t++)
            out[t] = -0.0;
    }
    if (!sg_multiply(rows, columns, inner, a, b, (sg_target){out, columns, 1}))
        return 0;
    if (is_product_plain(bulk, sources, out))
        return 1;
    for (uint32_t r = 0; r < rows; r++, out += columns)
        for (uint32_t c = 0; c < columns; c++)
            if (!sg_is_dot_plain(out[c]))
                out[c] = sg_dot_scaled(sources[2].at ? sources[2].at + c * sources[2].column : NULL, a.at + r * a.row,
                                       a.column, b.at + c * b.column, b.row, inner, out[c]);
    return 1;
}

int sg_bulk_compute(const sg_bulk *bulk, const sg_source sources[3], double *out)
{
    if (bulk->op == SG_DOT)
        return compute_product(bulk, sources, out);
    int arity = sg_arity[bulk->op], flat = 1;
    for (int k = 0; k < arity; k++)
        flat &= sg_is_flat(bulk, sources[k].row, sources[k].column);
    uint32_t rows = flat ? 1 : bulk->rows, columns = flat ? bulk->rows * bulk->columns : bulk->columns;
    double space[3][SG_STRIP];
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t start = 0; start < columns; start += SG_STRIP) {
            uint32_t n = columns - start < SG_STRIP ? columns - start : SG_STRIP;
            const double *x[3] = {NULL, NULL, NULL};
            for (int k = 0; k < arity; k++)
                x[k] = sg_side_by_side(sources[k], r, start, n, space[k]);
            sg_lanes_value(bulk->op, n, x[0], x[1], x[2], out + (size_t)r * columns + start);
        }
    return 1;
}

/* --- recording ---------------------------------------------------------------------------------------------------- */

/* The numbers of an operand. If they are listed, they are copied to `space`. */
static sg_source source_of(const sg_graph *graph, const sg_bulk *bulk, int k, double *space)
{
    const sg_span *span = &bulk->operands[k];
    uint32_t rows, columns;
    sg_bulk_extent(bulk, k, &rows, &columns);
    if (span->kind == SG_NONE)
        return (sg_source){NULL, 0, 0};
    if (span->kind != SG_LISTED)
        return (sg_source){(span->kind == SG_NODES ? graph->val : graph->consts) + span->start, span->row,
                           span->column};
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < columns; c++)
            space[(size_t)r * columns + c] = sg_operand_value(graph, sg_span_operand(graph, span, r, c));
    return (sg_source){space, columns, 1};
}

static size_t listed_size(const sg_bulk *bulk, int k)
{
    uint32_t rows, columns;
    sg_bulk_extent(bulk, k, &rows, &columns);
    return bulk->operands[k].kind == SG_LISTED ? (size_t)rows * columns : 0;
}

int sg_bulk_sources(const sg_graph *graph, const sg_bulk *bulk, sg_source sources[3], double **space, size_t *size)
{
    size_t need[3] = {listed_size(bulk, 0), listed_size(bulk, 1), listed_size(bulk, 2)};
    *size = (need[0] + need[1] + need[2]) * sizeof **space;
    *space = NULL;
    if (*size && !(*space = sg_large_alloc(*size)))
        return 0;
    double *at = *space;
    for (int k = 0; k < 3; k++) {
        sources[k] = source_of(graph, bulk, k, at);
        at = need[k] ? at + need[k] : at;
    }
    return 1;
}

static void use_all(sg_graph *graph, const sg_bulk *bulk)
{
    for (int k = 0; k < 3; k++) {
        uint32_t rows, columns;
        const sg_span *span = sg_span_of_nodes(bulk, k, &rows, &columns);
        int nodes = span->kind == SG_NODES;
        if (nodes && ((span->column == 1 && (rows == 1 || span->row == columns)) ||
                      (span->row == 1 && (columns == 1 || span->column == rows)))) {
            graph->sinks -= sg_use_range(graph->used + span->start, rows * columns);
            continue;
        }
        for (uint32_t r = 0; r < rows; r++) {
            if (nodes && span->column == 1)
                graph->sinks -= sg_use_range(graph->used + span->start + r * span->row, columns);
            else
                for (uint32_t c = 0; c < columns; c++)
                    sg_use(graph, sg_span_operand(graph, span, r, c));
        }
    }
}

int sg_bulk_reserve(sg_graph *graph, const sg_bulk *bulk)
{
    uint32_t count = bulk->rows * bulk->columns;
    return sg_reserve(graph, graph->capacity - graph->count < count ? sg_bulk_room(count) : count) &&
           sg_grow_array((void **)&graph->bulks, &graph->bulk_capacity, graph->bulk_count + 1, sizeof *bulk);
}

int sg_bulk_fill(const sg_graph *graph, const sg_bulk *bulk)
{
    uint32_t count = bulk->rows * bulk->columns, first = graph->count;
    sg_source sources[3];
    double *space;
    size_t size;
    if (!sg_bulk_sources(graph, bulk, sources, &space, &size))
        return 0;
    int done = sg_bulk_compute(bulk, sources, graph->val + first);
    sg_large_free(space, size);
    memset(graph->op + first, SG_BULK, count);
    memset(graph->used + first, 0, count);
    uint32_t *a = graph->a + first, position = graph->bulk_count;
    for (uint32_t i = 0; i < count; i++)
        a[i] = position;
    return done;
}

uint32_t sg_bulk_append(sg_graph *graph, sg_bulk bulk)
{
    uint32_t count = bulk.rows * bulk.columns;
    use_all(graph, &bulk);
    bulk.first = graph->count;
    graph->bulks[graph->bulk_count++] = bulk;
    graph->sinks += count;
    graph->count += count;
    graph->whole = graph->sinks == 1 ? graph->count : graph->whole;
    return bulk.first;
}
