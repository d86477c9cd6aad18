/* Linear algebra on doubles. */
#include "bulk/linear.h"

#include <math.h>
#include <string.h>

#include "kernels/multiply.h"
#include "table/table.h"
#include "tape/memory.h"

#define FAR 5000             /* no double times a larger power of two is anything but 0 or infinite */

double sg_times_power(double x, int64_t power)
{
    return ldexp(x, (int)(power > FAR ? FAR : power < -FAR ? -FAR : power));
}

double sg_split(double x, int64_t *power)
{
    int exponent = 0;
    double m = isfinite(x) ? frexp(x, &exponent) : x;
    *power = exponent;
    return m;
}

/* The power of two of the largest of n numbers; 0 if that is 0 or infinite. */
static int64_t largest_power(uint32_t n, const double *x)
{
    double largest = 0.0;
    int64_t power;
    for (uint32_t k = 0; k < n; k++)
        largest = fabs(x[k]) > largest ? fabs(x[k]) : largest;
    sg_split(largest, &power);
    return power;
}

/* The first of the largest numbers from row and column k on, and its place. A nan is larger than all others. */
static double find_largest(uint32_t n, const double *a, uint32_t k, uint32_t *row, uint32_t *column)
{
    double best = 0.0;
    *row = *column = k;
    for (uint32_t i = k; i < n; i++)
        for (uint32_t j = k; j < n; j++) {
            double size = fabs(a[(size_t)i * n + j]);
            if (size <= best)
                continue;
            best = size;
            *row = i;
            *column = j;
            if (isnan(size))
                return size;
        }
    return best;
}

/* Writes the rows of b, in an order, times 2**-powers, to y, and each column scaled to at most 1 by another power of
 * two, its `tops`. */
static void scale_rows(uint32_t n, uint32_t columns, const double *b, const int64_t *powers, const uint32_t *order,
                       double *y, int64_t *tops)
{
    for (uint32_t c = 0; c < columns; c++) {
        int found = 0;
        tops[c] = 0;
        for (uint32_t i = 0; i < n; i++) {
            double x = b[(size_t)i * columns + c];
            int64_t power;
            if (x == 0.0 || !isfinite(x))
                continue;
            sg_split(x, &power);
            power -= powers[i];
            tops[c] = !found || power > tops[c] ? power : tops[c];
            found = 1;
        }
    }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t c = 0; c < columns; c++)
            sg_row_of(y, columns, i)[c] =
                sg_times_power(b[(size_t)order[i] * columns + c], -powers[order[i]] - tops[c]);
}

static void swap(double *x, double *y)
{
    double kept = *x;
    *x = *y;
    *y = kept;
}

/* Brings the pivot from (i, j) to (k, k). */
static void exchange(sg_factors *f, uint32_t k, uint32_t i, uint32_t j)
{
    uint32_t n = f->n, kept;
    if (i != k) {
        for (uint32_t c = 0; c < n; c++)
            swap(sg_row_of(f->lu, n, i) + c, sg_row_of(f->lu, n, k) + c);
        kept = f->p[i];
        f->p[i] = f->p[k];
        f->p[k] = kept;
        f->sign = -f->sign;
    }
    if (j != k) {
        for (uint32_t r = 0; r < n; r++)
            swap(sg_row_of(f->lu, n, r) + j, sg_row_of(f->lu, n, r) + k);
        kept = f->q[j];
        f->q[j] = f->q[k];
        f->q[k] = kept;
        f->sign = -f->sign;
    }
}

static size_t factors_bytes(uint32_t n)
{
    return (size_t)n * n * sizeof(double) + 2 * n * (sizeof(int64_t) + sizeof(uint32_t));
}

int sg_factor(uint32_t n, const double *given, sg_factors *f)
{
    double *a = sg_large_alloc(factors_bytes(n));
    if (!a)
        return 0;
    int64_t *powers = (int64_t *)(void *)(a + (size_t)n * n);
    uint32_t *orders = (uint32_t *)(void *)(powers + 2 * n);
    *f = (sg_factors){n, n, 1.0, a, powers, powers + n, orders, orders + n};
    for (uint32_t i = 0; i < n; i++) {
        f->p[i] = f->q[i] = i;
        f->row[i] = largest_power(n, given + (size_t)i * n);
    }
    scale_rows(n, n, given, f->row, f->p, a, f->column);
    for (uint32_t k = 0; k < n; k++) {
        uint32_t i, j;
        if (find_largest(n, a, k, &i, &j) == 0.0) {
            f->rank = k;
            return 1;
        }
        exchange(f, k, i, j);
        const double *pivot = sg_row_of(a, n, k) + k;
        for (i = k + 1; i < n; i++) {
            double *row = sg_row_of(a, n, i) + k;
            row[0] = row[0] / pivot[0];
            sg_subtract(n - k - 1, row + 1, row[0], pivot + 1);
        }
    }
    return 1;
}

void sg_factors_free(sg_factors *f)
{
    sg_large_free(f->lu, factors_bytes(f->n));
}

/* --- substitution ------------------------------------------------------------------------------------------------- */

void sg_substitute(uint32_t n, const double *t, size_t row, size_t column, uint32_t columns, double *y, int down,
                   int unit)
{
    for (uint32_t step = 0; step < n; step++) {
        uint32_t k = down ? step : n - 1 - step;
        double *from = sg_row_of(y, columns, k), pivot = t[k * row + k * column];
        for (uint32_t c = 0; !unit && c < columns; c++)
            from[c] = from[c] / pivot;
        for (uint32_t i = down ? k + 1 : 0, end = down ? n : k; i < end; i++)
            sg_subtract(columns, sg_row_of(y, columns, i), t[i * row + k * column], from);
    }
}

static int solve(const sg_factors *f, int transposed, uint32_t columns, const double *b, double *x)
{
    uint32_t n = f->n;
    size_t bytes = ((size_t)n * columns + columns) * sizeof(double);
    double *y = sg_large_alloc(bytes);
    if (!y)
        return 0;
    int64_t *tops = (int64_t *)(void *)(y + (size_t)n * columns);
    const uint32_t *in = transposed ? f->q : f->p, *out = transposed ? f->p : f->q;
    const int64_t *powers = transposed ? f->row : f->column;
    scale_rows(n, columns, b, transposed ? f->column : f->row, in, y, tops);
    size_t row = transposed ? 1 : n, column = transposed ? n : 1;
    sg_substitute(n, f->lu, row, column, columns, y, 1, !transposed);
    sg_substitute(n, f->lu, row, column, columns, y, 0, transposed);
    for (uint32_t c = 0; c < columns; c++) {
        int zero = transposed;
        for (uint32_t i = 0; zero && i < n; i++)
            zero = b[(size_t)i * columns + c] == 0.0;
        for (uint32_t i = 0; i < n; i++)
            sg_row_of(x, columns, out[i])[c] =
                zero ? 0.0 : sg_times_power(sg_row_of(y, columns, i)[c], tops[c] - powers[out[i]]);
    }
    sg_large_free(y, bytes);
    return 1;
}

int sg_solve(const sg_factors *factors, uint32_t columns, const double *b, double *x)
{
    return solve(factors, 0, columns, b, x);
}

int sg_solve_transposed(const sg_factors *factors, uint32_t columns, const double *b, double *x)
{
    return solve(factors, 1, columns, b, x);
}

/* --- determinants ------------------------------------------------------------------------------------------------- */

static int64_t sum(uint32_t n, const int64_t *powers)
{
    int64_t total = 0;
    for (uint32_t k = 0; k < n; k++)
        total += powers[k];
    return total;
}

/* The product of the sign and the first pivots, as `split` splits it. */
static double pivots(const sg_factors *f, uint32_t count, int64_t *power)
{
    double m = f->sign;
    int64_t by, other;
    *power = 0;
    for (uint32_t k = 0; k < count; k++) {
        m = sg_split(m, &by);
        m = m * sg_split(f->lu[(size_t)k * f->n + k], &other);
        *power += by + other;
    }
    m = sg_split(m, &by);
    *power += by;
    return m;
}

double sg_determinant(const sg_factors *f, int64_t *power)
{
    *power = 0;
    if (f->rank < f->n)
        return 0.0;
    double m = pivots(f, f->n, power);
    *power += sum(f->n, f->row) + sum(f->n, f->column);
    return m;
}

int sg_cofactors(const sg_factors *f, double *out)
{
    uint32_t n = f->n;
    size_t bytes = (size_t)n * n * sizeof(double);
    memset(out, 0, bytes);
    if (f->rank + 1 < n)
        return 1;
    double *y = sg_large_alloc(bytes);
    if (!y)
        return 0;
    memset(y, 0, bytes);
    for (uint32_t i = 0; i < n; i++)
        sg_row_of(y, n, i)[i] = 1.0;
    sg_substitute(n, f->lu, n, 1, n, y, 1, 1);
    double *corner = &f->lu[(size_t)n * n - 1], last = *corner;
    for (size_t t = 0; t < (size_t)n * (n - 1); t++)
        y[t] = last * y[t];
    *corner = 1.0;
    sg_substitute(n, f->lu, n, 1, n, y, 0, 0);
    *corner = last;
    int64_t power;
    double m = pivots(f, n - 1, &power);
    power += sum(n, f->row) + sum(n, f->column);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++)
            sg_row_of(out, n, f->p[i])[f->q[j]] =
                sg_times_power(sg_row_of(y, n, j)[i] * m, power - f->row[f->p[i]] - f->column[f->q[j]]);
    sg_large_free(y, bytes);
    return 1;
}

int sg_row_products(uint32_t rows, uint32_t others, uint32_t inner, const double *a, const double *b, double *out)
{
    memset(out, 0, (size_t)rows * others * sizeof *out);
    if (!sg_multiply(rows, others, inner, (sg_source){a, inner, 1}, (sg_source){b, 1, inner},
                     (sg_target){out, others, 1}))
        return 0;
    for (size_t t = 0; t < (size_t)rows * others; t++) {
        const double *x = a + t / others * inner, *y = b + t % others * inner;
        if (!isnan(out[t]))
            continue;
        out[t] = 0.0;
        for (uint32_t k = 0; k < inner; k++)
            out[t] += sg_zmul(x[k], y[k]);
    }
    return 1;
}
