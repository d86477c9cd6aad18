/* Reductions: their values, and the numbers that their partials need, gathered from all operands in one pass. */
#ifndef SG_REDUCTIONS_H
#define SG_REDUCTIONS_H
#include <stdint.h>

/* s and m of a reduction's partial in the table. */
typedef struct {
    double s, m;
} sg_gathered;

/* The sum that `sum` and `mean` promise: chunks of 128, eight interleaved sums, a fixed tree, chunks in order. */
double sg_sum_chunks(const double *x, uint32_t n);
/* The value of a reduction over n numbers. `dot` takes pairs x0 y0 x1 y1 ...; `logsumexp` takes its shift first;
 * `custom` takes its value first, then pairs of an operand and its partial. */
double sg_reduce(int opcode, const double *x, uint32_t n);
/* s: the number of operands, among n, that equal z; all nans are equal. */
sg_gathered sg_count_equal(const double *val, const double *consts, const uint32_t *args, uint32_t n, double z);
/* m: the largest of args[1..]; s: the sum of exp(x - m). */
sg_gathered sg_gather_exponentials(const double *val, const double *consts, const uint32_t *args, uint32_t n);

#endif
