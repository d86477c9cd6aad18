/* Reductions over a node's operands: what their values and partials gather in one pass. */
#ifndef SG_REDUCE_H
#define SG_REDUCE_H
#include "tape.h"

typedef struct {
    double s, m;
} sg_gathered;

/* The sum that `sum` and `mean` promise: chunks of 128, eight interleaved sums, a fixed tree, chunks in order. */
double sg_sum_chunks(const double *x, uint32_t n);
/* The value of a reduction over n numbers. `dot` takes pairs x0 y0 x1 y1 ...; logsumexp its shift first;
 * `custom` its value first, then pairs of an operand and its partial. */
double sg_reduce(int opcode, const double *x, uint32_t n);
/* s: how many operands equal z, all nans being equal. */
sg_gathered sg_count_equal(const sg_graph *graph, const uint32_t *args, uint32_t n, double z);
/* m: the largest of args[1..]; s: the sum of exp(x - m). */
sg_gathered sg_gather_exponentials(const sg_graph *graph, const uint32_t *args, uint32_t n);

#endif
