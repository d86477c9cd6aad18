/* A walk from one node down through every graph that it reaches: the graphs in order of closing, latest first, each
 * with scratch adjoints. Sweeps and copies are walks. */
#ifndef SG_WALK_H
#define SG_WALK_H
#include "tape/map.h"
#include "tape/tape.h"

typedef struct {
    sg_graph *graph;
    sg_adjoints scratch;
    uint32_t sinks;      /* how many of the graph's sinks are reached: by the root, or by links from later graphs */
    uint32_t neutral;    /* so many nodes of the scratch begin at -0.0 instead of SG_UNREACHED: all will be reached */
} sg_part;

typedef struct {
    sg_part *parts;      /* in order of discovery */
    uint32_t *pending;   /* a heap of parts not yet visited, the latest closed on top */
    uint32_t count, part_capacity, waiting, pending_capacity;
    sg_map positions;    /* graph -> part */
} sg_walk;

/* The part of a closed graph, which is made, and put in line, when it is new; SG_ABSENT when memory ran out. `neutral`
 * is for its scratch, if that has to be made. */
uint32_t sg_walk_part(sg_walk *walk, sg_graph *graph, uint32_t neutral);
/* Marks a node of a part as reached from outside its graph, with its adjoint. */
void sg_reach(sg_part *part, uint32_t index, double adjoint);
/* The next part to visit; SG_ABSENT when none is left. */
uint32_t sg_walk_next(sg_walk *walk);
/* Frees the walk; scratch that is still there goes with it. */
void sg_walk_free(sg_walk *walk);

#endif
