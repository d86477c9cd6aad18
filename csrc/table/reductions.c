/* Reductions. scalargrad/table/reductions.py computes the same sums in the same order. */
#include "table/reductions.h"

#include "table/encoding.h"

#ifdef __clang__
#define ONE_COPY __attribute__((noinline))
#else
#define ONE_COPY __attribute__((noinline, noclone))
#endif

#define CHUNK 128u
#define LANES 8u
#define ROOM 0x1p64          /* more than there can be operands: sums of numbers divided by it do not overflow */

/* The sum of x[k] * by, where `by` is a power of two, and a constant at each call. */
static inline __attribute__((always_inline)) double sum_chunk(const double *x, uint32_t n, double by)
{
    double lane[LANES];
    for (uint32_t j = 0; j < LANES; j++)
        lane[j] = -0.0;  /* the neutral start: -0.0 + x is x, bit by bit */
    for (uint32_t k = 0; k < n; k++)
        lane[k % LANES] += x[k] * by;
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

static inline __attribute__((always_inline)) double plain_sum(const double *x, uint32_t n, double by)
{
    double total = -0.0;
    for (uint32_t start = 0; start < n; start += CHUNK)
        total += sum_chunk(x + start, n - start < CHUNK ? n - start : CHUNK, by);
    return total;
}

/* The sum divided by `count`. If the sum overflows on its way, it is formed again from numbers scaled down. */
static double sum_over(const double *x, uint32_t n, double count)
{
    double total = plain_sum(x, n, 1.0);
    if (isfinite(total))
        return total / count;
    return plain_sum(x, n, 1 / ROOM) / count * ROOM;
}

double sg_sum_chunks(const double *x, uint32_t n)
{
    return sum_over(x, n, 1.0);
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
    return (sg_gathered){rest.sum + rest.lost, m, 0.0};
}

sg_gathered sg_gather_exponentials(const double *val, const double *consts, const uint32_t *args, uint32_t n)
{
    sg_gathered all = gather(NULL, val, consts, args, n);
    all.s = 1.0 + all.s;
    return all;
}

sg_gathered sg_count_equal(const double *val, const double *consts, const uint32_t *args, uint32_t n, double z)
{
    sg_gathered all = {0.0, z, 0.0};
    for (uint32_t k = 0; k < n; k++) {
        double x = sg_number_at(val, consts, args[k]);
        if (x == z || x != x)
            all.s += 1.0;
    }
    return all;
}

/* --- products and norms ------------------------------------------------------------------------------------------- */

/* Scales a finite number that is not 0 to between 1 / SG_LARGE and SG_LARGE. Adds to *power how often SG_UP was taken
 * out of it. */
static inline double within(double x, int64_t *power)
{
    for (; fabs(x) > SG_LARGE; x *= SG_DOWN)
        ++*power;
    for (; fabs(x) < 1 / SG_LARGE; x *= SG_UP)
        --*power;
    return x;
}

static ONE_COPY sg_gathered gather_product(const double *x, const double *val, const double *consts,
                                           const uint32_t *args, uint32_t n)
{
    double s = 1.0;
    int64_t power = 0;
    uint32_t zeros = 0, infinities = 0, nans = 0;
    for (uint32_t k = 0; k < n; k++) {
        double item = number(x, val, consts, args, k), size = fabs(item);
        if (size == 0.0 || !(size < INFINITY)) {
            zeros += size == 0.0;
            infinities += isinf(size) != 0;
            nans += isnan(item) != 0;
            s = isnan(item) ? s : s * copysign(1.0, item);
            continue;
        }
        s = within(s * within(item, &power), &power);
    }
    double odd = (zeros < 2 ? zeros : 2) + 3.0 * (infinities < 2 ? infinities : 2) + 9.0 * (nans < 2 ? nans : 2);
    return (sg_gathered){s, (double)power, odd};
}

sg_gathered sg_gather_product(const double *val, const double *consts, const uint32_t *args, uint32_t n)
{
    return gather_product(NULL, val, consts, args, n);
}

static ONE_COPY sg_gathered gather_norm(const double *x, const double *val, const double *consts, const uint32_t *args,
                                        uint32_t n)
{
    double largest = 0.0, square[CHUNK];
    uint32_t odd = 0, infinite = 0;
    for (uint32_t k = 0; k < n; k++) {
        double size = fabs(number(x, val, consts, args, k));
        if (size < INFINITY) {
            largest = size > largest ? size : largest;
        } else {
            odd++;
            infinite |= isinf(size) != 0;
        }
    }
    if (infinite)
        return (sg_gathered){odd, -1.0, 0.0};
    if (odd)
        return (sg_gathered){NAN, 1.0, 0.0};
    double m = largest > 1e140 ? SG_DOWN : largest < 1e-140 ? SG_UP : 1.0;
    compensated total = {0.0, 0.0};
    for (uint32_t start = 0; start < n; start += CHUNK) {
        uint32_t count = n - start < CHUNK ? n - start : CHUNK;
        for (uint32_t k = 0; k < count; k++) {
            double scaled = number(x, val, consts, args, start + k) * m;
            square[k] = scaled * scaled;
        }
        add_compensated(&total, sum_chunk(square, count, 1.0));
    }
    return (sg_gathered){sqrt(total.sum + total.lost), m, 0.0};
}

sg_gathered sg_gather_norm(const double *val, const double *consts, const uint32_t *args, uint32_t n)
{
    return gather_norm(NULL, val, consts, args, n);
}

/* A product as `within` scales it: *scaled * SG_UP**power. Returns 0 if it is 0, -1 if a factor is not finite. */
static int scaled_term(double x, double y, double *scaled, int64_t *power)
{
    if (!isfinite(x) || !isfinite(y))
        return -1;
    *power = 0;
    if (x == 0.0 || y == 0.0)
        return 0;
    *scaled = within(x, power) * within(y, power);
    return 1;
}

_Thread_local unsigned sg_sums_formed_anew;

double sg_dot_scaled(const double *bias, const double *x, ptrdiff_t x_step, const double *y, ptrdiff_t y_step,
                     uint32_t n, double plain)
{
    int64_t highest = INT64_MIN, power;
    double term = 0.0, total = -0.0;
    for (int adding = 0; adding < 2; adding++) {
        for (int64_t k = bias ? -1 : 0; k < n; k++) {
            int found = k < 0 ? scaled_term(1.0, *bias, &term, &power)
                              : scaled_term(x[k * x_step], y[k * y_step], &term, &power);
            if (found < 0)
                return plain;
            if (found && adding)
                total += sg_value_scaled(term, (double)(power - highest));
            else if (found && power > highest)
                highest = power;
        }
        if (highest == INT64_MIN)
            return plain;
    }
    total = sg_value_scaled(total, (double)highest);
    sg_sums_formed_anew += total != plain || signbit(total) != signbit(plain); /* it is finite or infinite, never nan */
    return total;
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
        return sg_is_dot_plain(z) ? z : sg_dot_scaled(NULL, x, 2, x + 1, 2, n / 2, z);
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
    case SG_RULED:
        return x[0];
    case SG_MEAN:
        return sum_over(x, n, n);
    case SG_PROD:
        all = gather_product(x, NULL, NULL, NULL, n);
        return sg_value_of_others(sg_value_scaled(all.s, all.m), all.y);
    case SG_NORM:
        all = gather_norm(x, NULL, NULL, NULL, n);
        return all.m < 0.0 ? INFINITY : all.s / all.m;
    default:
        return NAN;
    }
}

sg_gathered sg_gather(int op, const double *val, const double *consts, const uint32_t *args, uint32_t n, double z)
{
    switch (op) {
    case SG_MAX:
    case SG_MIN:
        return sg_count_equal(val, consts, args, n, z);
    case SG_LOGSUMEXP:
        return sg_gather_exponentials(val, consts, args, n);
    case SG_MEAN:
        return (sg_gathered){n, 0.0, 0.0};
    case SG_PROD:
        return sg_gather_product(val, consts, args, n);
    case SG_NORM:
        return sg_gather_norm(val, consts, args, n);
    default:
        return (sg_gathered){0.0, 0.0, 0.0};
    }
}

#define PARTIAL_CASE(name, code)                                                                                       \
    case code:                                                                                                         \
        return sg_partial_##name(x, y, z, all.s, all.m);

double sg_reduction_partial(int op, double x, double y, double z, sg_gathered all)
{
    if (op == SG_PROD)
        y = all.y;
    switch (op) {
        SG_REDUCTIONS(PARTIAL_CASE)
    default:
        return NAN;
    }
}
