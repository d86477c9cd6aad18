/* Operations with several results: det, slogdet, solve and cholesky (scalargrad/table/joint.py says what they are). In
 * a graph, the first result is a node like a reduction's, and each further one a node SG_ALSO with a = the first. They
 * stand together, in order: a sweep, a record and a builder rely on it. */
#ifndef SG_JOINT_H
#define SG_JOINT_H
#include "tape/tape.h"

/* All results of an operation of n operands. SG_DONE; SG_NO_MEMORY; or SG_NOT_FINITE if there are none, because a
 * matrix is singular, or not positive definite. */
sg_outcome sg_joint_values(int op, const double *x, uint32_t n, double *out);
/* What the results contribute to the adjoints of the operands. 0: no memory. */
int sg_joint_pull(int op, const double *x, uint32_t n, const double *adjoints, double *out);

#endif
