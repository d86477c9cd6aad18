/* The reverse sweep: adjoints of all that a root reaches, in scratch, and their commit. */
#ifndef SG_SWEEP_H
#define SG_SWEEP_H
#include "walk.h"

typedef struct {
    sg_walk walk;
    /* Adjoints of the leaves that were reached, in order of discovery. A leaf's sum runs on from graph to graph. */
    void **leaves;
    double *sums;
    uint32_t leaf_count, leaf_capacity, sum_capacity;
    sg_map leaf_positions;
} sg_sweep_state;

/* Hands the adjoints over to the graphs; cannot fail. The leaves' sums are the caller's to add. Under the GIL. */
void sg_commit_graphs(sg_sweep_state *sweep);

#endif
