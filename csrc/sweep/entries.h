/* A sweep over graphs: what it has found, and how a sum runs on from graph to graph through the entries of leaves and
 * links. */
#ifndef SG_ENTRIES_H
#define SG_ENTRIES_H
#include "tape/map.h"
#include "tape/walk.h"

/* The adjoint of a leaf that was reached. It runs on from graph to graph. */
typedef struct {
    void *leaf;
    double sum;
    uint64_t graph;          /* serial number of the last graph that added to it */
} sg_leaf_sum;

typedef struct {
    sg_walk walk;
    sg_leaf_sum *leaves;     /* in order of discovery */
    uint32_t leaf_count, leaf_capacity;
    sg_map leaf_positions;
    int alone;               /* one graph, with one entry per leaf: no sum runs on, and none has to be found again */
} sg_sweep_state;

/* The sum so far of the leaf or linked node behind an entry, from graphs swept before this one: where the tape was cut
 * must not show, so the entry goes on from there. Negative zero is the neutral start: -0.0 + c is c, bit by bit. */
double sg_running_sum(const sg_sweep_state *sweep, const sg_graph *graph, uint32_t entry);
/* An entry passes its sum on: to the leaf's record, or to the node in an earlier graph. 0: no memory; -1: done, but an
 * entry of the same leaf in the same graph did so before. */
int sg_pass_on(sg_sweep_state *sweep, const sg_graph *graph, uint32_t entry, double sum);

#endif
