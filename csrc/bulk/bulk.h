/* Bulk nodes (tape.h defines them): their values, and how their numbers are passed to the kernels. */
#ifndef SG_BULK_H
#define SG_BULK_H
#include "kernels/multiply.h"
#include "tape/tape.h"

#define SG_STRIP 256u        /* elements at a time, so that gathered numbers stay in the fastest cache */

/* Whether element (r, c) is number r * columns + c of one long row. */
static inline int sg_is_flat(const sg_bulk *bulk, ptrdiff_t row, ptrdiff_t column)
{
    return bulk->rows == 1 || row == (ptrdiff_t)bulk->columns * column;
}

/* For how many nodes a graph makes room when it grows for a bulk of `count`: the next bulks are often as large. */
static inline uint32_t sg_bulk_room(uint32_t count)
{
    return count < 1u << 11 ? 8 * count : count < 1u << 13 ? 4 * count : count;
}

/* Elements start .. start + n - 1 of one row, side by side: in place if they are so already, else copied to `space`. */
static inline const double *sg_side_by_side(sg_source source, uint32_t r, uint32_t start, uint32_t n, double *space)
{
    const double *at = source.at + r * source.row + start * source.column;
    if (source.column == 1)
        return at;
    for (uint32_t t = 0; t < n; t++)
        space[t] = at[t * source.column];
    return space;
}

/* The numbers of all operands of a bulk in a graph. The caller frees *space, of *size bytes. 0: no memory. */
int sg_bulk_sources(const sg_graph *graph, const sg_bulk *bulk, sg_source sources[3], double **space, size_t *size);
/* Computes a bulk operation into out[rows * columns]. 0: no memory. */
int sg_bulk_compute(const sg_bulk *bulk, const sg_source sources[3], double *out);
/* A bulk whose operands are in the graph is appended in three steps. Every element must have an operand that is a
 * node. sg_bulk_reserve makes room; sg_bulk_fill computes the bulk there, behind the last node; sg_bulk_append appends
 * it, and returns its first node. 0: no memory. Filling needs no GIL: no other thread appends to the graph, or reads
 * behind its last node. */
int sg_bulk_reserve(sg_graph *graph, const sg_bulk *bulk);
int sg_bulk_fill(const sg_graph *graph, const sg_bulk *bulk);
uint32_t sg_bulk_append(sg_graph *graph, sg_bulk bulk);

#endif
