/* Reductions: their values, and the numbers that their partials need, gathered from all operands in one pass. */
#ifndef SG_REDUCTIONS_H
#define SG_REDUCTIONS_H
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "table/table.h"

/* s, m and y of a reduction's partial in the table. */
typedef struct {
    double s, m, y;
} sg_gathered;

/* The sum that `sum` and `mean` promise: chunks of 128, eight interleaved sums, a fixed tree, chunks in order. */
double sg_sum_chunks(const double *x, uint32_t n);
/* The value of a reduction over n numbers. `dot` takes pairs x0 y0 x1 y1 ...; `logsumexp` takes its shift first;
 * `custom` and `ruled` take their value first, then pairs of an operand and its partial. */
double sg_reduce(int opcode, const double *x, uint32_t n);
/* s: the number of operands, among n, that equal z; all nans are equal. */
sg_gathered sg_count_equal(const double *val, const double *consts, const uint32_t *args, uint32_t n, double z);
/* m: the largest of args[1..]; s: the sum of exp(x - m). */
sg_gathered sg_gather_exponentials(const double *val, const double *consts, const uint32_t *args, uint32_t n);
/* What the rows `prod` and `norm` of the table say. */
sg_gathered sg_gather_product(const double *val, const double *consts, const uint32_t *args, uint32_t n);
sg_gathered sg_gather_norm(const double *val, const double *consts, const uint32_t *args, uint32_t n);
/* What the partials of a reduction need, given its result; and the partial by an operand x with the partner y. */
sg_gathered sg_gather(int op, const double *val, const double *consts, const uint32_t *args, uint32_t n, double z);
double sg_reduction_partial(int op, double x, double y, double z, sg_gathered all);
/* How many constants come before the operands of a reduction; and the step from one operand that a derivative is taken
 * by to the next. */
static inline uint32_t sg_first_argument(int op)
{
    return op == SG_LOGSUMEXP || op == SG_CUSTOM || op == SG_RULED;
}
static inline uint32_t sg_argument_step(int op)
{
    return op == SG_CUSTOM || op == SG_RULED ? 2 : 1;
}
/* Whether a sum of products is what sg_dot_scaled returns. Otherwise a term, or the sum on its way, may have over- or
 * underflowed. */
static inline int sg_is_dot_plain(double z)
{
    return fabs(z) >= SG_TINY && fabs(z) < INFINITY;
}
/* How often in this thread sg_dot_scaled returned another number than the sum as it is. */
extern _Thread_local unsigned sg_sums_formed_anew;
/* bias + x[0] * y[0] + ..., from terms scaled by one power of two, so that none over- or underflows; `bias` may be
 * NULL. `plain`, the sum as it is, is returned if a number is not finite, or all terms are 0. */
double sg_dot_scaled(const double *bias, const double *x, ptrdiff_t x_step, const double *y, ptrdiff_t y_step,
                     uint32_t n, double plain);

#endif
