/* The contributions of bulk nodes to their operands' adjoints, computed by the kernels. */
#ifndef SG_PULL_H
#define SG_PULL_H
#include "tape/tape.h"

/* Adds the contributions of all elements of a bulk, by plain products, to the adjoints of their operands, which must
 * all be initialised. SG_DONE or SG_NO_MEMORY. */
sg_outcome sg_bulk_pull(const sg_graph *graph, const sg_bulk *bulk, double *adj);

#endif
