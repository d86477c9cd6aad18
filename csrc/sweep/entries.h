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
    uint32_t leaf_found;     /* the position that was found last */
    sg_map leaf_positions;   /* of the first leaves; sg_leaf_position adds the others */
    int fresh;               /* the graph that is swept has one entry per leaf, and none has a sum yet */
    int exhausted;           /* memory ran out in sg_leaf_position */
    uint64_t since;          /* it does not enter graphs that were closed up to this moment; 0: it enters all */
    int cut;                 /* there was such a graph */
} sg_sweep_state;

/* The position of a leaf among the sums. SG_ABSENT: it has none, or memory ran out; then `exhausted` is set. */
uint32_t sg_leaf_position(sg_sweep_state *sweep, const void *leaf);

/* The sum so far of the leaf or linked node of an entry, from graphs that were swept before. The entry continues it,
 * because cutting the tape into graphs must not change a sum. -0.0 is the neutral start: -0.0 + c is c, bit by bit. */
double sg_running_sum(sg_sweep_state *sweep, const sg_graph *graph, uint32_t entry);
/* Passes the sum of an entry to the leaf's sum, or to the node in an earlier graph. SG_DONE; SG_NO_MEMORY; SG_REPEAT:
 * it is passed, but so was another entry of the same leaf in this graph before, which a sweep that began all its sums
 * at once has not continued. */
sg_outcome sg_pass_on(sg_sweep_state *sweep, const sg_graph *graph, uint32_t entry, double sum);

#endif
