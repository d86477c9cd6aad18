/* The quick sweep, of a graph of which every node is reached, or every node up to the root. */
#ifndef SG_DENSE_H
#define SG_DENSE_H
#include "sweep/entries.h"

/* Sweeps a graph of which the first `count` nodes are all reached, and no others. 1: done; 0: no memory; -1: not
 * possible here, and what it did must be thrown away. */
int sg_sweep_dense(sg_sweep_state *sweep, sg_part part, uint32_t count);

#endif
