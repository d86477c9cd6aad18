/* What some nodes reach, in graphs that were open at a moment or later: stretches of graphs, the latest closed
 * first. */
#ifndef SG_STRETCHES_H
#define SG_STRETCHES_H
#include "tape/map.h"
#include "tape/tape.h"

/* A node of a graph; or, without a graph, nothing. */
typedef struct {
    sg_graph *graph;
    uint32_t index;
} sg_spot;

/* A graph that is reached, from the first node on that may depend on certain leaves. No node from `top` on is
 * reached. */
typedef struct {
    sg_graph *graph;
    uint32_t low, top, end;
    uint32_t *places;        /* by index - low: for the user of the stretch, 0 at first */
    uint8_t *states;         /* likewise: SG_MARKED; other bits are for the user of the stretch */
} sg_stretch;

enum { SG_MARKED = 1, SG_DEPENDS = 2 };

typedef struct {
    uint64_t since;          /* graphs that were closed up to this moment are not entered */
    /* The first node of a graph that may stand for one of the leaves; UINT32_MAX if none does. */
    uint32_t (*first_entry)(const void *context, const sg_graph *graph);
    const void *context;     /* for it */
    sg_stretch *stretches;   /* in order of discovery */
    uint32_t *pending;       /* those that were not visited yet, the latest on top */
    uint32_t *visited;       /* the others, in the order of visits */
    uint32_t count, stretch_capacity, waiting, pending_capacity, visited_count, visited_capacity;
    sg_map of_graph;         /* graph -> stretch */
} sg_reached_stretches;

/* Marks all that some spots reach; `since`, `first_entry` and `context` are set, all else is zero. 0: no memory. */
int sg_reach_stretches(sg_reached_stretches *reached, const sg_spot *spots, uint32_t count);
void sg_stretches_free(sg_reached_stretches *reached);
/* The stretch of a graph, or NULL. */
const sg_stretch *sg_find_stretch(const sg_reached_stretches *reached, const sg_graph *graph);

/* Whether node `index` is in the stretch and depends on one of the leaves. `stretch` may be NULL. */
static inline int sg_depends(const sg_stretch *stretch, uint32_t index)
{
    return stretch && index >= stretch->low && index < stretch->end &&
           stretch->states[index - stretch->low] & SG_DEPENDS;
}

#endif
