/* The reverse sweep over all graphs that a root reaches, in scratch, and its commit. scalargrad.h declares sg_sweep and
 * sg_discard, which Python calls. */
#ifndef SG_SWEEP_H
#define SG_SWEEP_H
#include "scalargrad.h"
#include "sweep/entries.h"

/* Moves the adjoints into the graphs. Cannot fail. Runs under the GIL. The caller adds the leaves' sums. */
void sg_commit_graphs(sg_sweep_state *sweep);

#endif
