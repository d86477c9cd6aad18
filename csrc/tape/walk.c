/* Walks over graphs, with a heap of the graphs to visit. */
#include "tape/walk.h"

#include <string.h>

#include "tape/memory.h"

static uint64_t rank(const sg_walk *walk, uint32_t heap_position)
{
    return walk->parts[walk->pending[heap_position]].graph->closed;
}

static void swap_pending(sg_walk *walk, uint32_t i, uint32_t j)
{
    uint32_t kept = walk->pending[i];
    walk->pending[i] = walk->pending[j];
    walk->pending[j] = kept;
}

/* Scratch for a graph: the one that it keeps, if no other sweep has taken it, else a new one. */
static sg_part take_scratch(sg_graph *graph, uint32_t neutral)
{
    double *kept = __atomic_exchange_n(&graph->spare, NULL, __ATOMIC_ACQUIRE);
    sg_part part = {graph, {kept, (uint8_t *)(kept + graph->count)}, 0, neutral, 0};
    if (kept)
        sg_adjoints_reset(&part.scratch, graph->count, neutral);
    else
        part.scratch = sg_adjoints_new(graph->count, neutral);
    return part;
}

void sg_give_scratch(sg_graph *graph, sg_adjoints *scratch)
{
    double *none = NULL;
    if (!__atomic_compare_exchange_n(&graph->spare, &none, scratch->adj, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        sg_adjoints_free(scratch, graph->count);
    scratch->adj = NULL;
}

uint32_t sg_walk_part(sg_walk *walk, sg_graph *graph, uint32_t neutral)
{
    uint32_t position = sg_map_find(&walk->positions, graph);
    if (position != SG_ABSENT)
        return position;
    if (!sg_grow_array((void **)&walk->parts, &walk->part_capacity, walk->count + 1, sizeof *walk->parts) ||
        !sg_grow_array((void **)&walk->pending, &walk->pending_capacity, walk->count + 1, sizeof *walk->pending))
        return SG_ABSENT;
    sg_part part = take_scratch(graph, neutral);
    if (!part.scratch.adj)
        return SG_ABSENT;
    if (!sg_map_add(&walk->positions, graph, walk->count)) {
        sg_adjoints_free(&part.scratch, graph->count);
        return SG_ABSENT;
    }
    position = walk->count++;
    walk->parts[position] = part;
    uint32_t i = walk->waiting++;
    walk->pending[i] = position;
    while (i && rank(walk, i) > rank(walk, (i - 1) / 2)) {
        swap_pending(walk, i, (i - 1) / 2);
        i = (i - 1) / 2;
    }
    return position;
}

void sg_reach(sg_part *part, uint32_t index, double adjoint)
{
    if (!part->graph->used[index] && !sg_reached(&part->scratch, index))
        part->sinks++;
    sg_set(&part->scratch, index, adjoint);
}

uint32_t sg_walk_next(sg_walk *walk)
{
    if (!walk->waiting)
        return SG_ABSENT;
    uint32_t latest = walk->pending[0], i = 0;
    walk->pending[0] = walk->pending[--walk->waiting];
    for (;;) {
        uint32_t top = i, left = 2 * i + 1, right = left + 1;
        if (left < walk->waiting && rank(walk, left) > rank(walk, top))
            top = left;
        if (right < walk->waiting && rank(walk, right) > rank(walk, top))
            top = right;
        if (top == i)
            return latest;
        swap_pending(walk, i, top);
        i = top;
    }
}

void sg_walk_free(sg_walk *walk)
{
    for (uint32_t p = 0; p < walk->count; p++)
        sg_adjoints_free(&walk->parts[p].scratch, walk->parts[p].graph->count);
    sg_free(walk->parts);
    sg_free(walk->pending);
    sg_map_free(&walk->positions);
    memset(walk, 0, sizeof *walk);
}
