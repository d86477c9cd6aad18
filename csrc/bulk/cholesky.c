/* Cholesky's factorisation, and the rule of its adjoint. */
#include "bulk/cholesky.h"

#include <math.h>
#include <string.h>

#include "bulk/linear.h"
#include "tape/memory.h"

int sg_cholesky(uint32_t n, const double *given, double *a, int64_t *power, int *definite)
{
    double *column = sg_alloc(n * sizeof *column);
    if (!column)
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        sg_split(given[(size_t)i * n + i], &power[i]);
        power[i] = (power[i] + 1) >> 1;
    }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++)
            sg_row_of(a, n, i)[j] = j <= i ? sg_times_power(given[(size_t)i * n + j], -power[i] - power[j]) : 0.0;
    *definite = 1;
    for (uint32_t k = 0; *definite && k < n; k++) {
        double *pivot = sg_row_of(a, n, k) + k;
        *definite = !(*pivot <= 0.0);
        *pivot = sqrt(*pivot);
        for (uint32_t i = k + 1; i < n; i++)
            column[i] = sg_row_of(a, n, i)[k] = sg_row_of(a, n, i)[k] / *pivot;
        for (uint32_t i = k + 1; i < n; i++)
            sg_subtract(i - k, sg_row_of(a, n, i) + k + 1, column[i], column + k + 1);
    }
    sg_free(column);
    return 1;
}

static void write_transposed(uint32_t n, const double *a, double *out)
{
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++)
            sg_row_of(out, n, j)[i] = a[(size_t)i * n + j];
}

/* The adjoints of L, scaled by 2**(power[i] - *top) to at most 1, and transposed. Returns whether one is not 0. */
static int scale_adjoints(uint32_t n, const int64_t *power, const double *adjoints, double *out, int64_t *top)
{
    int found = 0, any = 0;
    *top = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j <= i; j++) {
            double x = adjoints[(size_t)i * n + j];
            int64_t by;
            if (x == 0.0 || !isfinite(x))
                continue;
            sg_split(x, &by);
            *top = !found || by + power[i] > *top ? by + power[i] : *top;
            found = 1;
        }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++) {
            double x = j <= i ? sg_times_power(adjoints[(size_t)i * n + j], power[i] - *top) : 0.0;
            sg_row_of(out, n, j)[i] = x;
            any |= x != 0.0;
        }
    return any;
}

int sg_cholesky_pull(uint32_t n, const double *lower, const int64_t *power, const double *adjoints, double *out)
{
    size_t bytes = 3 * (size_t)n * n * sizeof(double);
    int64_t top;
    double *t = sg_large_alloc(bytes);
    if (!t)
        return 0;
    double *scaled = t + (size_t)n * n, *m = scaled + (size_t)n * n;
    int any = scale_adjoints(n, power, adjoints, scaled, &top);
    memset(out, 0, (size_t)n * n * sizeof *out);
    write_transposed(n, lower, t);
    int done = !any || sg_row_products(n, n, n, t, scaled, m);
    if (done && any) {
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = i + 1; j < n; j++)
                sg_row_of(m, n, i)[j] = sg_row_of(m, n, j)[i];
        sg_substitute(n, t, n, 1, n, m, 0, 0);
        write_transposed(n, m, scaled);
        sg_substitute(n, t, n, 1, n, scaled, 0, 0);
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = 0; j <= i; j++) {
                double x = sg_row_of(scaled, n, i)[j];
                sg_row_of(out, n, i)[j] = sg_times_power(i == j ? 0.5 * x : x, top - power[i] - power[j]);
            }
    }
    sg_large_free(t, bytes);
    return done;
}
