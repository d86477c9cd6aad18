/* Reductions. scalargrad/table/reductions.py computes the same sums in the same order. */
#include "table/reductions.h"

#include <math.h>
#include <stddef.h>

#include "table/encoding.h"
#include "table/table.h"

#ifdef __clang__
#define ONE_COPY __attribute__((noinline))
#else
#define ONE_COPY __attribute__((noinline, noclone))
#endif

#define CHUNK 128u
#define LANES 8u

static double sum_chunk(const double *x, uint32_t n)
{
    double lane[LANES];
    for (uint32_t j = 0; j < LANES; j++)
        lane[j] = -0.0;  /* the neutral start: -0.0 + x is x, bit by bit */
    for (uint32_t k = 0; k < n; k++)
        lane[k % LANES] += x[k];
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

double sg_sum_chunks(const double *x, uint32_t n)
{
    double total = -0.0;
    for (uint32_t start = 0; start < n; start += CHUNK)
        total += sum_chunk(x + start, n - start < CHUNK ? n - start : CHUNK);
    return total;
}

/* Neumaier's compensated sum, so that small weights among many keep their digits. */
typedef struct {
    double sum, lost;
} compensated;

static void add_compensated(compensated *total, double x)
{
    double t = total->sum + x;
    total->lost += fabs(total->sum) >= fabs(x) ? (total->sum - t) + x : (x - t) + total->sum;
    total->sum = t;
}

/* The k-th number: x[k], or, if x is NULL, the number of operand args[k]. */
static inline double number(const double *x, const double *val, const double *consts, const uint32_t *args, uint32_t k)
{
    return x ? x[k] : sg_number_at(val, consts, args[k]);
}

/* m: the largest from position 1 on, nan if any is; s: the sum of exp(x - m) over all but the first largest. */
static ONE_COPY sg_gathered gather(const double *x, const double *val, const double *consts, const uint32_t *args,
                                   uint32_t n)
{
    uint32_t largest = 1;
    double m = number(x, val, consts, args, 1);
    for (uint32_t k = 2; k < n && m == m; k++) {
        double candidate = number(x, val, consts, args, k);
        if (candidate > m || candidate != candidate) {
            m = candidate;
            largest = k;
        }
    }
    compensated rest = {0.0, 0.0};
    for (uint32_t k = 1; k < n; k++)
        if (k != largest)
            add_compensated(&rest, sg_value_exp_sub(number(x, val, consts, args, k), m));
    return (sg_gathered){rest.sum + rest.lost, m};
}

sg_gathered sg_gather_exponentials(const double *val, const double *consts, const uint32_t *args, uint32_t n)
{
    sg_gathered all = gather(NULL, val, consts, args, n);
    all.s = 1.0 + all.s;
    return all;
}

sg_gathered sg_count_equal(const double *val, const double *consts, const uint32_t *args, uint32_t n, double z)
{
    sg_gathered all = {0.0, z};
    for (uint32_t k = 0; k < n; k++) {
        double x = sg_number_at(val, consts, args[k]);
        if (x == z || x != x)
            all.s += 1.0;
    }
    return all;
}

double sg_reduce(int opcode, const double *x, uint32_t n)
{
    double z;
    sg_gathered all;
    switch (opcode) {
    case SG_SUM:
        return sg_sum_chunks(x, n);
    case SG_DOT:
        z = x[0] * x[1];
        for (uint32_t k = 2; k < n; k += 2)
            z += x[k] * x[k + 1];
        return z;
    case SG_MAX:
    case SG_MIN:
        z = x[0];
        for (uint32_t k = 1; k < n; k++)
            z = opcode == SG_MAX ? sg_value_maximum(z, x[k]) : sg_value_minimum(z, x[k]);
        return z;
    case SG_LOGSUMEXP:
        all = gather(x, NULL, NULL, NULL, n);
        return (all.m - x[0]) + log1p(all.s);
    case SG_CUSTOM:
        return x[0];
    default:
        return NAN;
    }
}
