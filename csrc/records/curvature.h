/* The tangents of a gradient, as numbers: second derivatives times directions. It is what the tangent of the adjoint of
 * a record gives, but no record is written. scalargrad/records/curvature.py has the same. */
#ifndef SG_CURVATURE_H
#define SG_CURVATURE_H
#include "records/writer.h"

/* Writes to `out` how the derivatives, by the wanted leaves, of the sum of seeds[k] times root k change in each of
 * `count` directions. A direction has a number per wanted leaf; so has a row of `out`, where a zero has
 * no sign. */
sg_written sg_curvature(const sg_record *record, const uint64_t *wanted, uint64_t wanted_count, const double *seeds,
                        const double *directions, uint64_t count, double *out);

#endif
