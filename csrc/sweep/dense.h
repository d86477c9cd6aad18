/* The quick sweep. It requires that every node of the graph, or every node up to the root, is reached. */
#ifndef SG_DENSE_H
#define SG_DENSE_H
#include "sweep/entries.h"

/* Sweeps a graph in which exactly the first `part.dense` nodes are reached. SG_DONE, SG_NO_MEMORY or SG_REPEAT. */
sg_outcome sg_sweep_dense(sg_sweep_state *sweep, sg_part part);

#endif
