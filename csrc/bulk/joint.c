/* Operations with several results. */
#include "bulk/joint.h"

#include <math.h>
#include <string.h>

#include "bulk/cholesky.h"
#include "bulk/linear.h"
#include "tape/memory.h"
#include "tape/operands.h"

static uint32_t side(int op, const double *x, uint32_t n)
{
    return op == SG_SOLVE ? (uint32_t)x[0] : (uint32_t)sqrt(n);
}

/* --- values ------------------------------------------------------------------------------------------------------- */

/* The space of a Cholesky factorisation: the factor, and its powers. */
static size_t root_bytes(uint32_t n)
{
    return ((size_t)n * n + n) * sizeof(double);
}

static sg_outcome cholesky_values(uint32_t n, const double *a, double *out)
{
    double *lower = sg_large_alloc(root_bytes(n));
    int64_t *power = (int64_t *)(void *)(lower + (size_t)n * n);
    int definite = 0, done = lower && sg_cholesky(n, a, lower, power, &definite);
    for (size_t t = 0; done && t < (size_t)n * n; t++)
        out[t] = sg_times_power(lower[t], power[t / n]);
    if (lower)
        sg_large_free(lower, root_bytes(n));
    return !done ? SG_NO_MEMORY : definite ? SG_DONE : SG_NOT_FINITE;
}

static void determinant_values(int op, const sg_factors *f, double *out)
{
    int64_t power;
    double m = sg_determinant(f, &power);
    if (op == SG_DET) {
        out[0] = sg_times_power(m, power);
    } else if (m == 0.0) {
        out[0] = 0.0;
        out[1] = -INFINITY;
    } else {
        out[0] = isnan(m) ? m : copysign(1.0, m);
        out[1] = power >= -1000 && power <= 1000 ? log(sg_times_power(fabs(m), power))
                                                 : log(fabs(m)) + (double)power * SG_LN2;
    }
}

sg_outcome sg_joint_values(int op, const double *x, uint32_t n, double *out)
{
    uint32_t rows = side(op, x, n);
    sg_factors f;
    if (op == SG_CHOLESKY)
        return cholesky_values(rows, x, out);
    if (!sg_factor(rows, x + (op == SG_SOLVE), &f))
        return SG_NO_MEMORY;
    sg_outcome outcome = SG_DONE;
    if (op != SG_SOLVE)
        determinant_values(op, &f, out);
    else if (f.rank < rows)
        outcome = SG_NOT_FINITE;
    else if (!sg_solve(&f, (n - 1) / rows - rows, x + 1 + (size_t)rows * rows, out))
        outcome = SG_NO_MEMORY;
    sg_factors_free(&f);
    return outcome;
}

/* --- adjoints ----------------------------------------------------------------------------------------------------- */

static void fill(double *out, size_t n, double value)
{
    for (size_t t = 0; t < n; t++)
        out[t] = value;
}

static int cholesky_pull(uint32_t n, const double *a, const double *adjoints, double *out)
{
    double *lower = sg_large_alloc(root_bytes(n));
    int64_t *power = (int64_t *)(void *)(lower + (size_t)n * n);
    int definite = 0, done = lower && sg_cholesky(n, a, lower, power, &definite);
    if (done && definite)
        done = sg_cholesky_pull(n, lower, power, adjoints, out);
    else
        fill(out, (size_t)n * n, NAN);
    if (lower)
        sg_large_free(lower, root_bytes(n));
    return done;
}

/* The partials of log|det|: the transpose of the inverse. Of a singular matrix, the cofactors divided by 0. */
static int log_partials(const sg_factors *f, double *out)
{
    uint32_t n = f->n;
    size_t bytes = (size_t)n * n * sizeof(double);
    if (f->rank < n) {
        int done = sg_cofactors(f, out);
        for (size_t t = 0; t < (size_t)n * n; t++)
            out[t] = out[t] == 0.0 ? 0.0 : out[t] / 0.0;
        return done;
    }
    double *unit = sg_large_alloc(bytes);
    if (!unit)
        return 0;
    memset(unit, 0, bytes);
    for (uint32_t i = 0; i < n; i++)
        unit[(size_t)i * n + i] = 1.0;
    int done = sg_solve_transposed(f, n, unit, out);
    sg_large_free(unit, bytes);
    return done;
}

static int solve_pull(const sg_factors *f, const double *x, uint32_t n, const double *adjoints, double *out)
{
    uint32_t rows = f->n, columns = (n - 1) / rows - rows;
    size_t square = (size_t)rows * rows, bytes = (size_t)rows * columns * sizeof(double);
    double *left = out + 1, *right = left + square, *results;
    out[0] = 0.0;
    if (f->rank < rows) {
        fill(out, n, NAN);
        return 1;
    }
    if (!(results = sg_large_alloc(bytes)))
        return 0;
    int done = sg_solve_transposed(f, columns, adjoints, right) && sg_solve(f, columns, x + 1 + square, results) &&
               sg_row_products(rows, rows, columns, right, results, left);
    for (size_t t = 0; t < square; t++)
        left[t] = -left[t];
    sg_large_free(results, bytes);
    return done;
}

int sg_joint_pull(int op, const double *x, uint32_t n, const double *adjoints, double *out)
{
    uint32_t rows = side(op, x, n), count = (uint32_t)sg_joint_count(op, n, x[0]), some = 0;
    sg_factors f;
    fill(out, n, 0.0);
    for (uint32_t k = 0; k < count && !some; k++)
        some = adjoints[k] != 0.0;
    if (!some)
        return 1;
    if (op == SG_CHOLESKY)
        return cholesky_pull(rows, x, adjoints, out);
    if (!sg_factor(rows, x + (op == SG_SOLVE), &f))
        return 0;
    int done = op == SG_SOLVE ? solve_pull(&f, x, n, adjoints, out)
               : op == SG_DET ? sg_cofactors(&f, out)
                              : log_partials(&f, out);
    for (uint32_t k = 0; op != SG_SOLVE && k < n; k++)
        out[k] = sg_zmul(adjoints[op == SG_SLOGDET], out[k]);
    sg_factors_free(&f);
    return done;
}
