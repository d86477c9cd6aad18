/* Bulk nodes: many operations of one kind, recorded at once. They are nodes like any other, one a result, in order; but
 * what they have in common is kept in one record, and the kernels of lanes.c compute them together.
 *
 * A record is an element-wise operation over `rows` x `columns` elements, or a product: row r, column c is
 *     bias[c] + left[r][0] * right[0][c] + ... , summed from left to right,
 * that is, the reduction `dot` of the pairs (1, bias[c]), (left[r][0], right[0][c]), ... .
 * An element can be looked at by itself, as that operation; both sweeps can also run element by element. */
#ifndef SG_BULK_H
#define SG_BULK_H
#include "tape.h"

/* Where operands stand: element (r, c) at position start + r * row + c * column of
 *   SG_NODES   the graph's nodes
 *   SG_CONSTS  consts[]
 *   SG_LISTED  args[], which holds operands of any kind */
enum { SG_NONE, SG_NODES, SG_CONSTS, SG_LISTED };
typedef struct {
    uint32_t kind, start, row, column;
    uint32_t tracked;        /* every element is a node */
} sg_span;

struct sg_bulk {
    uint32_t first, rows, columns;
    uint32_t inner;          /* of a product */
    uint32_t one;            /* of a product with a bias: the constant 1.0 */
    int op;                  /* an opcode of fixed arity, or SG_DOT */
    sg_span operands[3];     /* of a product: left, right, and the bias or SG_NONE */
};

/* Numbers in memory: element (r, c) at at[r * row + c * column]. */
typedef struct {
    const double *at;
    ptrdiff_t row, column;
} sg_source;

/* Numbers to write to, likewise. */
typedef struct {
    double *at;
    ptrdiff_t row, column;
} sg_target;

#define SG_BLOCK 256u        /* elements at a time: what is gathered of them stays in the fastest cache */

/* Whether element (r, c) is simply number r * columns + c of one long row. */
static inline int sg_is_flat(const sg_bulk *bulk, ptrdiff_t row, ptrdiff_t column)
{
    return bulk->rows == 1 || row == (ptrdiff_t)bulk->columns * column;
}

/* Elements start .. start + n - 1 of one row, side by side: where they are, or copied to `space`. */
static inline const double *sg_side_by_side(sg_source source, uint32_t r, uint32_t start, uint32_t n, double *space)
{
    const double *at = source.at + r * source.row + start * source.column;
    if (source.column == 1)
        return at;
    for (uint32_t t = 0; t < n; t++)
        space[t] = at[t * source.column];
    return space;
}

/* multiply.c: c[r][j] += a[r][t] * b[t][j], t in order. The lanes are the columns, or the rows where those are more; what does not lie
 * side by side, or does not fill the last register, is copied together first. 0: no memory. */
int sg_multiply(uint32_t rows, uint32_t columns, uint32_t inner, sg_source a, sg_source b, sg_target c);
/* The numbers of all operands of a bulk in a graph. *space is the caller's to free, *size its bytes. 0: no memory. */
int sg_bulk_sources(const sg_graph *graph, const sg_bulk *bulk, sg_source sources[3], double **space, size_t *size);

/* Computes a bulk operation into out[rows * columns]. 0: no memory. */
int sg_bulk_compute(const sg_bulk *bulk, const sg_source sources[3], double *out);
/* Appends a bulk whose operands are in the graph, and computes it. Every element has an operand that is a node. Gives the
 * first node, or SG_FAILED; then nothing was appended. */
uint32_t sg_bulk_append(sg_graph *graph, sg_bulk bulk);

/* How many rows and columns operand k has. */
void sg_bulk_extent(const sg_bulk *bulk, int k, uint32_t *rows, uint32_t *columns);

/* pull.c: adds the contributions of all elements of a bulk to their operands' adjoints; for a graph of which every node is
 * reached, with plain products. 1: done; 0: no memory; -1: not done, because operands coincide: go element by element. */
int sg_bulk_pull(const sg_graph *graph, const sg_bulk *bulk, double *adj);

/* Notes that nodes side by side are used; gives how many were not before. */
static inline uint32_t sg_use_range(uint8_t *used, uint32_t n)
{
    uint32_t fresh = 0;
    for (uint32_t i = 0; i < n; i++) {
        fresh += !used[i];
        used[i] = 1;
    }
    return fresh;
}

static inline uint32_t sg_span_operand(const sg_graph *graph, const sg_span *span, uint32_t r, uint32_t c)
{
    uint32_t at = span->start + r * span->row + c * span->column;
    return span->kind == SG_NODES ? at : span->kind == SG_CONSTS ? SG_CONST | at : graph->args[at];
}

/* The operation that element e of a bulk stands for: its operand k, and of a product's their number. */
static inline uint32_t sg_product_operand_count(const sg_bulk *bulk)
{
    return 2 * bulk->inner + (bulk->operands[2].kind == SG_NONE ? 0 : 2);
}
uint32_t sg_element_operand(const sg_graph *graph, const sg_bulk *bulk, uint32_t e, uint32_t k);

#endif
