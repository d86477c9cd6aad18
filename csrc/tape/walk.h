/* A walk from one node down through every graph that it reaches, the latest closed first. Each graph gets scratch
 * adjoints. Sweeps and copies are walks. */
#ifndef SG_WALK_H
#define SG_WALK_H
#include "tape/map.h"
#include "tape/tape.h"

typedef struct {
    sg_graph *graph;
    sg_adjoints scratch;
    uint32_t sinks;      /* the number of the graph's sinks that the root, or links from later graphs, reach */
    uint32_t neutral;    /* the number of nodes of the scratch that begin at -0.0, as all will be reached */
    uint32_t dense;      /* exactly so many nodes, the first, are reached; 0: any */
} sg_part;

typedef struct {
    sg_part *parts;      /* in order of discovery */
    uint32_t *pending;   /* a heap of parts not yet visited, the latest closed on top */
    uint32_t count, part_capacity, waiting, pending_capacity;
    sg_map positions;    /* graph -> part */
} sg_walk;

/* The part of a closed graph. A new one is added to the graphs to visit, and `neutral` applies to its scratch, if that
 * is new too. SG_ABSENT if memory ran out. */
uint32_t sg_walk_part(sg_walk *walk, sg_graph *graph, uint32_t neutral);
/* Marks a node of a part as reached from outside its graph, with its adjoint. */
void sg_reach(sg_part *part, uint32_t index, double adjoint);
/* The next part to visit; SG_ABSENT if none is left. */
uint32_t sg_walk_next(sg_walk *walk);
/* Gives up scratch: keeps it for the graph's next sweep, or frees it. Runs with or without the GIL. */
void sg_give_scratch(sg_graph *graph, sg_adjoints *scratch);
/* Frees the walk, and the scratch that it still has. */
void sg_walk_free(sg_walk *walk);

#endif
