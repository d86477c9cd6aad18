/* The state of a sweep over graphs, and how a sum continues from graph to graph through the entries of leaves and
 * links. */
#ifndef SG_ENTRIES_H
#define SG_ENTRIES_H
#include "tape/map.h"
#include "tape/walk.h"

/* The adjoint of a leaf that was reached. Several graphs may add to it. */
typedef struct {
    void *leaf;
    double sum;
    uint64_t graph;          /* serial number of the last graph that added to it */
} sg_leaf_sum;

typedef struct {
    sg_walk walk;            /* its first part is the root's graph */
    uint32_t index;          /* of the root */
    sg_leaf_sum *leaves;     /* in order of discovery */
    uint32_t leaf_count, leaf_capacity;
    sg_map leaf_positions;
    int alone;               /* one graph, with one entry per leaf: no sum continues another */
    uint64_t since;          /* it does not enter graphs that were closed up to this moment; 0: it enters all */
    int cut;                 /* there was such a graph */
} sg_sweep_state;

/* The sum so far of the leaf or linked node of an entry, from graphs that were swept before. The entry continues it,
 * because cutting the tape into graphs must not change a sum. -0.0 is the neutral start: -0.0 + c is c, bit by bit. */
double sg_running_sum(const sg_sweep_state *sweep, const sg_graph *graph, uint32_t entry);
/* Passes the sum of an entry to the leaf's sum, or to the node in an earlier graph. SG_DONE; SG_NO_MEMORY; SG_REPEAT:
 * it is passed, but so was another entry of the same leaf in this graph before, which a sweep that began all its sums
 * at once has not continued. */
sg_outcome sg_pass_on(sg_sweep_state *sweep, const sg_graph *graph, uint32_t entry, double sum);

#endif
