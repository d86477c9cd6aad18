/* The tangent of a record, as a record. scalargrad/records/tangent.py has the same. */
#ifndef SG_TANGENT_H
#define SG_TANGENT_H
#include "records/writer.h"

/* Some directions: direction k has the tangents tangents[ends[k - 1]] to tangents[ends[k] - 1], of the leaves with the
 * numbers in leaves[]. */
typedef struct {
    uint64_t count;
    const uint64_t *ends, *leaves;
    const sg_seed *tangents;
} sg_directions;

/* Writes the derivatives of all roots after the nodes of a record, and the results: one per root for each direction.
 * The caller frees the writer and the results, also if it fails. */
sg_written sg_tangent_of(const sg_record *record, const sg_directions *directions, sg_writer *writer,
                         sg_term **results);

#endif
