/* Linear algebra: elimination and substitution. scalargrad/table/linear.py takes the same steps in the same order, and
 * says what they are. Matrices are row by row. */
#ifndef SG_LINEAR_H
#define SG_LINEAR_H
#include <stddef.h>
#include <stdint.h>

/* P A Q = L U of the scaled matrix, A[i][j] * 2**-(row[i] + column[j]). */
typedef struct {
    uint32_t n, rank;        /* how many pivots are not 0 */
    double sign;             /* det(P) * det(Q) */
    double *lu;              /* one allocation; L below the diagonal, without its ones; U above */
    int64_t *row, *column;
    uint32_t *p, *q;         /* row i of P A Q is row p[i] of A */
} sg_factors;

/* x * 2**power, rounded once. */
double sg_times_power(double x, int64_t power);
/* x as a number of [1/2, 1) and a power of two; 0, nan and infinities as they are. */
double sg_split(double x, int64_t *power);
/* Solves t y' = y in place, for the triangle of t below the diagonal (`down`) or above; `unit`: its diagonal is 1.
 * Element (i, k) of t is at t[i * row + k * column]. */
void sg_substitute(uint32_t n, const double *t, size_t row, size_t column, uint32_t columns, double *y, int down,
                   int unit);

static inline double *sg_row_of(double *a, uint32_t columns, uint32_t i)
{
    return a + (size_t)i * columns;
}

/* x -= factor * y. A factor of 0 changes nothing, whatever y is. */
static inline void sg_subtract(uint32_t n, double *restrict x, double factor, const double *restrict y)
{
    if (factor != 0.0)
        for (uint32_t j = 0; j < n; j++)
            x[j] -= factor * y[j];
}

/* All of these return 0 if memory ran out. sg_factors_free frees what sg_factor has made. */
int sg_factor(uint32_t n, const double *a, sg_factors *factors);
void sg_factors_free(sg_factors *factors);
/* The x with A x = b, or with transpose(A) x = b; b and x have n rows. A has its full rank. */
int sg_solve(const sg_factors *factors, uint32_t columns, const double *b, double *x);
int sg_solve_transposed(const sg_factors *factors, uint32_t columns, const double *b, double *x);
/* The partials of the determinant. */
int sg_cofactors(const sg_factors *factors, double *out);
/* The determinant, as a number of [1/2, 1), or 0, and a power of two. */
double sg_determinant(const sg_factors *factors, int64_t *power);
/* out[i][j]: the sum of a[i][k] * b[j][k], k in order, by the product of the chain rule. */
int sg_row_products(uint32_t rows, uint32_t others, uint32_t inner, const double *a, const double *b, double *out);

#endif
