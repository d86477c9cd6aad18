/* The adjoint of a record, as a record. scalargrad/records/adjoint.py has the same. */
#ifndef SG_ADJOINT_H
#define SG_ADJOINT_H
#include "records/writer.h"

/* Writes the derivatives by the wanted leaves after the nodes of a record, and the results: `wanted_count` for each of
 * the `sweep_count` rows of seeds, which have a seed per root. The caller frees the writer and the results, also if it
 * fails. */
sg_written sg_adjoint_of(const sg_record *record, const uint64_t *wanted, uint64_t wanted_count, const sg_seed *seeds,
                         uint64_t sweep_count, sg_writer *writer, sg_term **results);

#endif
