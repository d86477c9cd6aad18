/* Bulk nodes: values, and contributions to operands. */
#include "bulk.h"

#include "lanes.h"

/* --- one element ------------------------------------------------------------------------------------------------------- */

uint32_t sg_element_operand(const sg_graph *graph, const sg_bulk *bulk, uint32_t e, uint32_t k)
{
    uint32_t r = e / bulk->columns, c = e % bulk->columns;
    if (bulk->op != SG_DOT)
        return sg_span_operand(graph, &bulk->operands[k], r, c);
    if (bulk->operands[2].kind != SG_NONE) {
        if (k < 2)
            return k == 0 ? bulk->one : sg_span_operand(graph, &bulk->operands[2], 0, c);
        k -= 2;
    }
    return k % 2 ? sg_span_operand(graph, &bulk->operands[1], k / 2, c)
                 : sg_span_operand(graph, &bulk->operands[0], r, k / 2);
}

/* --- products in any layout ------------------------------------------------------------------------------------------- */

/* The same numbers as an array that this file may write to. */
typedef struct {
    double *at;
    ptrdiff_t row, column;
} target;

/* Copies rows together, each filled up with zeros to `width` numbers. */
static void copy(uint32_t rows, uint32_t columns, uint32_t width, sg_source from, double *to)
{
    for (uint32_t r = 0; r < rows; r++, to += width) {
        const double *at = from.at + r * from.row;
        if (from.column == 1)
            memcpy(to, at, columns * sizeof *to);
        else
            for (uint32_t c = 0; c < columns; c++)
                to[c] = at[c * from.column];
        for (uint32_t c = columns; c < width; c++)
            to[c] = 0.0;
    }
}

static void copy_back(uint32_t rows, uint32_t columns, uint32_t width, const double *from, target to)
{
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < columns; c++)
            to.at[r * to.row + c * to.column] = from[(size_t)r * width + c];
}

/* c[r][j] += a[r][t] * b[t][j], t in order. The lanes are the columns, or the rows where those are more; what does not lie
 * side by side, or does not fill the last register, is copied together first. 0: no memory. */
static int multiply(uint32_t rows, uint32_t columns, uint32_t inner, sg_source a, sg_source b, target c)
{
    if (columns < 8 && rows > columns) {
        sg_source a_turned = {b.at, b.column, b.row}, b_turned = {a.at, a.column, a.row};
        uint32_t swap = rows;
        rows = columns;
        columns = swap;
        a = a_turned;
        b = b_turned;
        c = (target){c.at, c.column, c.row};
    }
    uint32_t width = (columns + 7) & ~7u;
    int pack_b = b.column != 1 || width != columns, pack_c = c.column != 1 || width != columns;
    size_t b_size = pack_b ? (size_t)inner * width : 0, bytes = (b_size + (pack_c ? (size_t)rows * width : 0)) * sizeof(double);
    double few[1024], *space = bytes <= sizeof few ? few : sg_block_alloc(bytes), *sums = space ? space + b_size : NULL;
    if (!space)
        return 0;
    if (pack_b) {
        copy(inner, columns, width, b, space);
        b = (sg_source){space, width, 1};
    }
    if (pack_c)
        copy(rows, columns, width, (sg_source){c.at, c.row, c.column}, sums);
    sg_lanes_product(rows, width, inner, a.at, a.row, a.column, b.at, b.row, pack_c ? sums : c.at, pack_c ? width : c.row);
    if (pack_c)
        copy_back(rows, columns, width, sums, c);
    if (space != few)
        sg_block_free(space, bytes);
    return 1;
}

/* --- values ------------------------------------------------------------------------------------------------------------- */

#define BLOCK 256u           /* elements at a time: what is gathered of them stays in the fastest cache */

/* Whether element (r, c) is simply number r * columns + c of one long row. */
static int is_flat(const sg_bulk *bulk, ptrdiff_t row, ptrdiff_t column)
{
    return bulk->rows == 1 || row == (ptrdiff_t)bulk->columns * column;
}

/* Elements start .. start + n - 1 of one row, side by side: where they are, or copied to `space`. */
static const double *side_by_side(sg_source source, uint32_t r, uint32_t start, uint32_t n, double *space)
{
    const double *at = source.at + r * source.row + start * source.column;
    if (source.column == 1)
        return at;
    for (uint32_t t = 0; t < n; t++)
        space[t] = at[t * source.column];
    return space;
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
    } else {                                     /* dot begins with its first product, to which -0.0 adds nothing */
        for (size_t t = 0; t < (size_t)rows * columns; t++)
            out[t] = -0.0;
    }
    return multiply(rows, columns, inner, a, b, (target){out, columns, 1});
}

int sg_bulk_compute(const sg_bulk *bulk, const sg_source sources[3], double *out)
{
    if (bulk->op == SG_DOT)
        return compute_product(bulk, sources, out);
    int arity = sg_arity[bulk->op], flat = 1;
    for (int k = 0; k < arity; k++)
        flat &= is_flat(bulk, sources[k].row, sources[k].column);
    uint32_t rows = flat ? 1 : bulk->rows, columns = flat ? bulk->rows * bulk->columns : bulk->columns;
    double space[3][BLOCK];
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t start = 0; start < columns; start += BLOCK) {
            uint32_t n = columns - start < BLOCK ? columns - start : BLOCK;
            const double *x[3] = {NULL, NULL, NULL};
            for (int k = 0; k < arity; k++)
                x[k] = side_by_side(sources[k], r, start, n, space[k]);
            sg_lanes_value(bulk->op, n, x[0], x[1], x[2], out + (size_t)r * columns + start);
        }
    return 1;
}

/* --- recording ------------------------------------------------------------------------------------------------------------ */

void sg_bulk_extent(const sg_bulk *bulk, int k, uint32_t *rows, uint32_t *columns)
{
    *rows = bulk->op != SG_DOT || k == 0 ? bulk->rows : k == 1 ? bulk->inner : 1;
    *columns = bulk->op == SG_DOT && k == 0 ? bulk->inner : bulk->columns;
}

/* The numbers of an operand; those of a list are copied to `space`. */
static sg_source source_of(const sg_graph *graph, const sg_bulk *bulk, int k, double *space)
{
    const sg_span *span = &bulk->operands[k];
    uint32_t rows, columns;
    sg_bulk_extent(bulk, k, &rows, &columns);
    if (span->kind == SG_NONE)
        return (sg_source){NULL, 0, 0};
    if (span->kind != SG_LISTED)
        return (sg_source){(span->kind == SG_NODES ? graph->val : graph->consts) + span->start, span->row, span->column};
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

/* The numbers of all operands. *space is the caller's to free, *size its bytes. 0: no memory. */
static int sources_of(const sg_graph *graph, const sg_bulk *bulk, sg_source sources[3], double **space, size_t *size)
{
    size_t need[3] = {listed_size(bulk, 0), listed_size(bulk, 1), listed_size(bulk, 2)};
    *size = (need[0] + need[1] + need[2]) * sizeof **space;
    *space = NULL;
    if (*size && !(*space = sg_block_alloc(*size)))
        return 0;
    double *at = *space;
    for (int k = 0; k < 3; k++) {
        sources[k] = source_of(graph, bulk, k, at);
        at = need[k] ? at + need[k] : at;
    }
    return 1;
}

/* Notes that nodes side by side are used; gives how many were not before. */
static uint32_t use_range(uint8_t *used, uint32_t n)
{
    uint32_t fresh = 0;
    for (uint32_t i = 0; i < n; i++) {
        fresh += !used[i];
        used[i] = 1;
    }
    return fresh;
}

static void use_all(sg_graph *graph, const sg_bulk *bulk)
{
    for (int k = 0; k < 3; k++) {
        uint32_t rows, columns;
        const sg_span *span = &bulk->operands[k];
        if (span->kind == SG_NONE || span->kind == SG_CONSTS)
            continue;
        sg_bulk_extent(bulk, k, &rows, &columns);
        rows = span->row ? rows : 1;
        columns = span->column ? columns : 1;
        int nodes = span->kind == SG_NODES;
        if (nodes && ((span->column == 1 && (rows == 1 || span->row == columns)) ||
                      (span->row == 1 && (columns == 1 || span->column == rows)))) {
            graph->sinks -= use_range(graph->used + span->start, rows * columns);
            continue;
        }
        for (uint32_t r = 0; r < rows; r++) {
            if (nodes && span->column == 1)
                graph->sinks -= use_range(graph->used + span->start + r * span->row, columns);
            else
                for (uint32_t c = 0; c < columns; c++)
                    sg_use(graph, sg_span_operand(graph, span, r, c));
        }
    }
}

uint32_t sg_bulk_append(sg_graph *graph, sg_bulk bulk)
{
    uint32_t count = bulk.rows * bulk.columns, first = graph->count;
    sg_source sources[3];
    double *space;
    size_t size;
    uint32_t room = graph->count + count < 1u << 13 ? 4 * count : count;      /* the next operation is often as large */
    if (!sg_reserve(graph, graph->capacity - graph->count < count ? room : count) ||
        !sg_grow_array((void **)&graph->bulks, &graph->bulk_capacity, graph->bulk_count + 1, sizeof bulk))
        return SG_FAILED;
    if (!sources_of(graph, &bulk, sources, &space, &size))
        return SG_FAILED;
    int done = sg_bulk_compute(&bulk, sources, graph->val + first);
    sg_block_free(space, size);
    if (!done)
        return SG_FAILED;
    use_all(graph, &bulk);
    bulk.first = first;
    memset(graph->op + first, SG_BULK, count);
    memset(graph->used + first, 0, count);
    uint32_t *a = graph->a + first, position = graph->bulk_count;
    for (uint32_t i = 0; i < count; i++)
        a[i] = position;
    graph->bulks[graph->bulk_count++] = bulk;
    graph->sinks += count;
    graph->count += count;
    graph->whole = graph->sinks == 1 ? graph->count : graph->whole;
    return first;
}

/* --- contributions ---------------------------------------------------------------------------------------------------------- */

typedef struct {
    uint64_t low, high;      /* the first and the last node */
    uint64_t stride, reach;  /* in between: at multiples of a stride, and from there on so much further; or 0 */
} range;

/* Whether no node is in both. They may be interleaved, as the weights and biases of a layer are. */
static int are_apart(const range *x, const range *y)
{
    if (x->low > y->high || y->low > x->high)
        return 1;
    if (!x->stride || x->stride != y->stride)
        return 0;
    uint64_t between = y->low >= x->low ? (y->low - x->low) % x->stride
                                        : (x->stride - (x->low - y->low) % x->stride) % x->stride;
    return between > x->reach && between + y->reach < x->stride;
}

/* Whether an operand's nodes are known to be different from one another, and from those of other ranges before it. Where a
 * number stands for a whole row or column (stride 0), `broadcast` says whether that is allowed. */
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
    /* rows apart, or columns apart: neither walks into the next */
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

static int pull_product(const sg_graph *graph, const sg_bulk *bulk, const sg_source sources[3], double *adj)
{
    uint32_t rows = bulk->rows, columns = bulk->columns, inner = bulk->inner;
    const sg_span *left = &bulk->operands[0], *right = &bulk->operands[1], *bias = &bulk->operands[2];
    const double *last = adj + bulk->first + (size_t)(rows - 1) * columns, *x = sources[0].at;
    (void)graph;
    if (bias->kind == SG_NODES)
        for (uint32_t r = rows; r-- > 0;)
            for (uint32_t c = 0; c < columns; c++)
                adj[bias->start + c * bias->column] += adj[bulk->first + (size_t)r * columns + c];
    /* the later consumer first: columns, or rows, in falling order */
    if (left->kind == SG_NODES &&
        !multiply(rows, inner, columns, (sg_source){adj + bulk->first + columns - 1, columns, -1},
                  (sg_source){sources[1].at + (columns - 1) * sources[1].column, -sources[1].column, sources[1].row},
                  (target){adj + left->start, left->row, left->column}))
        return 0;
    return right->kind != SG_NODES ||
           multiply(inner, columns, rows,
                    (sg_source){x + (rows - 1) * sources[0].row, sources[0].column, -sources[0].row},
                    (sg_source){last, -(ptrdiff_t)columns, 1}, (target){adj + right->start, right->row, right->column});
}

static void pull_elements(const sg_bulk *bulk, const sg_source sources[3], const double *val, double *adj)
{
    int arity = sg_arity[bulk->op], flat = 1;
    for (int k = 0; k < arity; k++)
        flat &= is_flat(bulk, sources[k].row, sources[k].column);
    uint32_t rows = flat ? 1 : bulk->rows, columns = flat ? bulk->rows * bulk->columns : bulk->columns;
    double space[3][BLOCK], product[BLOCK];
    for (uint32_t r = rows; r-- > 0;)
        for (uint32_t end = columns; end > 0;) {
            uint32_t n = end < BLOCK ? end : BLOCK, start = end - n;
            const double *x[3] = {NULL, NULL, NULL};
            size_t first = bulk->first + (size_t)r * columns + start;
            for (int k = 0; k < arity; k++)
                x[k] = side_by_side(sources[k], r, start, n, space[k]);
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

int sg_bulk_pull(const sg_graph *graph, const sg_bulk *bulk, double *adj)
{
    range ranges[3];
    int count = 0, product = bulk->op == SG_DOT;
    for (int k = 0; k < 3; k++)
        if (!is_apart(bulk, k, !product, ranges, &count))
            return -1;
    sg_source sources[3];
    double *space;
    size_t size;
    if (!sources_of(graph, bulk, sources, &space, &size))
        return 0;
    int done = 1;
    if (product)
        done = pull_product(graph, bulk, sources, adj);
    else
        pull_elements(bulk, sources, graph->val, adj);
    sg_block_free(space, size);
    return done;
}
