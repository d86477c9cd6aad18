/* What nodes reach. */
#include "tape/stretches.h"

#include "tape/memory.h"
#include "tape/operands.h"

/* The position in the order of closing; the largest number while open. */
static inline uint64_t closing(const sg_graph *graph)
{
    return graph->closed - 1;
}

static int is_before(const sg_graph *left, const sg_graph *right)
{
    return closing(left) < closing(right) || (closing(left) == closing(right) && left->serial > right->serial);
}

/* The first node of a graph that may depend on a planted leaf. */
static uint32_t lowest(const sg_reached_stretches *e, const sg_graph *graph)
{
    uint32_t low = e->first_entry(e->context, graph);
    uint32_t links = sg_moment() > e->since ? graph->link_count : 0;
    for (uint32_t k = 0; k < links; k++)
        if (graph->links[k].graph->closed > e->since && graph->links[k].entry < low)
            low = graph->links[k].entry;
    return low;
}

/* The stretch of a graph; one up to `end`, if it has not been reached before. SG_ABSENT if memory ran out. */
static uint32_t stretch_of(sg_reached_stretches *e, sg_graph *graph, uint32_t end)
{
    uint32_t position = sg_map_find(&e->of_graph, graph);
    if (position != SG_ABSENT)
        return position;
    uint32_t low = lowest(e, graph), length = low < end ? end - low : 0;
    sg_stretch new = {graph, end - length, end - length, end, NULL, NULL};
    if (!sg_grow_array((void **)&e->stretches, &e->stretch_capacity, e->count + 1, sizeof new) ||
        !sg_grow_array((void **)&e->pending, &e->pending_capacity, e->count + 1, sizeof *e->pending) ||
        !sg_grow_array((void **)&e->visited, &e->visited_capacity, e->count + 1, sizeof *e->visited) ||
        !(new.places = sg_alloc_zero(length * (sizeof *new.places + sizeof *new.states))))
        return SG_ABSENT;
    new.states = (uint8_t *)(new.places + length);
    if (!sg_map_add(&e->of_graph, graph, e->count)) {
        sg_free(new.places);
        return SG_ABSENT;
    }
    e->stretches[e->count] = new;
    uint32_t at = e->waiting++;
    for (; at && is_before(graph, e->stretches[e->pending[at - 1]].graph); at--)
        e->pending[at] = e->pending[at - 1];
    e->pending[at] = e->count;
    return e->count++;
}

static inline void mark(sg_stretch *s, uint32_t index)
{
    if (index < s->low)
        return;
    s->states[index - s->low] |= SG_MARKED;
    s->top = index < s->top ? s->top : index + 1;
}

/* Marks a node from outside its graph, whose stretch has this end. 0: no memory. */
static int mark_from_outside(sg_reached_stretches *e, sg_graph *graph, uint32_t index, uint32_t end)
{
    if (closing(graph) < e->since)
        return 1;
    uint32_t position = stretch_of(e, graph, end);
    if (position != SG_ABSENT)
        mark(&e->stretches[position], index);
    return position != SG_ABSENT;
}

/* The results of a joint operation stay together: marks those of node i, and returns the last. Returns i for any other
 * node. */
static uint32_t mark_together(sg_stretch *s, uint32_t i)
{
    const sg_graph *graph = s->graph;
    if (graph->op[i] < SG_FIRST_JOINT || graph->op[i] == SG_BULK)
        return i;
    uint32_t first = sg_first_result(graph, i), last = first + sg_result_count(graph, first) - 1;
    if (first < s->low || (i != last && s->states[last - s->low] & SG_MARKED))
        return i;
    for (uint32_t k = first; k <= last; k++)
        mark(s, k);
    return last;
}

/* Marks what the marked nodes of a stretch use. 0: no memory. */
static int visit_stretch(sg_reached_stretches *e, uint32_t position)
{
    sg_stretch s = e->stretches[position];       /* the table may grow */
    const sg_graph *graph = s.graph;
    for (uint32_t i = s.top; i-- > s.low;) {
        if (!(s.states[i - s.low] & SG_MARKED))
            continue;
        i = mark_together(&s, i);
        e->stretches[position].top = s.top;
        int op = graph->op[i];
        if (op == SG_LEAF)
            continue;
        if (op == SG_LINK) {
            const sg_link *link = &graph->links[graph->a[i]];
            if (!mark_from_outside(e, link->graph, link->index, link->graph->count))
                return 0;
            continue;
        }
        if (op == SG_ALSO) {
            mark(&s, graph->a[i]);
            continue;
        }
        uint32_t n = sg_operand_count(graph, i);
        for (uint32_t k = 0; k < n; k++) {
            uint32_t operand = sg_operand(graph, i, k);
            if (!(operand & SG_CONST))
                mark(&s, operand);
        }
    }
    return 1;
}

/* The end of the stretch of a graph that spot k leads to. An open graph is reached from the spots alone. */
static uint32_t end_of_stretch(const sg_spot *spots, uint32_t count, uint32_t k)
{
    const sg_graph *graph = spots[k].graph;
    uint32_t last = spots[k].index;
    if (graph->closed)
        return graph->count;
    for (uint32_t j = 0; j < count; j++)
        last = spots[j].graph == graph && spots[j].index > last ? spots[j].index : last;
    uint32_t first = sg_first_result(graph, last);
    if (graph->op[first] >= SG_FIRST_JOINT && graph->op[first] != SG_BULK)
        last = first + sg_result_count(graph, first) - 1;
    return last + 1;
}

int sg_reach_stretches(sg_reached_stretches *e, const sg_spot *spots, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++) {
        if (!spots[k].graph)
            continue;
        const sg_stretch *known = sg_find_stretch(e, spots[k].graph);
        uint32_t end = known ? known->end : end_of_stretch(spots, count, k);
        if (!mark_from_outside(e, spots[k].graph, spots[k].index, end))
            return 0;
    }
    while (e->waiting) {
        uint32_t position = e->pending[--e->waiting];
        e->visited[e->visited_count++] = position;
        if (!visit_stretch(e, position))
            return 0;
    }
    return 1;
}

const sg_stretch *sg_find_stretch(const sg_reached_stretches *e, const sg_graph *graph)
{
    uint32_t position = sg_map_find(&e->of_graph, graph);
    return position == SG_ABSENT ? NULL : &e->stretches[position];
}

void sg_stretches_free(sg_reached_stretches *e)
{
    for (uint32_t k = 0; k < e->count; k++)
        sg_free(e->stretches[k].places);
    sg_free(e->stretches);
    sg_free(e->pending);
    sg_free(e->visited);
    sg_map_free(&e->of_graph);
}
