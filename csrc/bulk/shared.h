/* Contributions of a product whose operands share nodes, as in A @ A, or are listed. */
#ifndef SG_SHARED_H
#define SG_SHARED_H
#include "bulk/bulk.h"

/* Adds the contributions of all elements of a product to the adjoints of its operands, in the order in which they
 * arrive element by element. `sources` are the operands' numbers. 0: no memory; then the adjoints are not complete. */
int sg_pull_shared(const sg_graph *graph, const sg_bulk *bulk, const sg_source sources[3], double *adj);

#endif
