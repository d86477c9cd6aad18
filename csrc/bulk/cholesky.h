/* Cholesky's factorisation, and the rule of its adjoint, as in scalargrad/table/linear.py. Matrices are row by row.
 * Both functions return 0 if memory ran out. */
#ifndef SG_BULK_CHOLESKY_H
#define SG_BULK_CHOLESKY_H
#include <stdint.h>

/* L of A = L transpose(L), of the scaled matrix, A[i][j] * 2**-(power[i] + power[j]). *definite is 0 if there is
 * none. */
int sg_cholesky(uint32_t n, const double *a, double *lower, int64_t *power, int *definite);
/* The adjoints of the lower triangle of A, from those of L; zeros above. */
int sg_cholesky_pull(uint32_t n, const double *lower, const int64_t *power, const double *adjoints, double *out);

#endif
