/* Entries: the sums that they continue, and the leaves and linked nodes that get their sums. */
#include "sweep/entries.h"

#include "tape/memory.h"

#define FEW_LEAVES 8u        /* up to so many are searched one by one, without a map */

/* Graphs often have their leaves in the same order, such as the parameters of a network. A sweep visits that order
 * forwards and backwards, so the leaf is likely to stand beside the one that was found last. */
uint32_t sg_leaf_position(sg_sweep_state *sweep, const void *leaf)
{
    uint32_t count = sweep->leaf_count, last = sweep->leaf_found;
    uint32_t start = last ? last - 1 : 0, end = last + 2 < count ? last + 2 : count;
    if (count <= FEW_LEAVES) {
        start = 0;
        end = count;
    }
    for (uint32_t k = start; k < end; k++)
        if (sweep->leaves[k].leaf == leaf)
            return sweep->leaf_found = k;
    if (count <= FEW_LEAVES)
        return SG_ABSENT;
    for (uint32_t k = sweep->leaf_positions.count; k < count; k++)
        if (!sg_map_add(&sweep->leaf_positions, sweep->leaves[k].leaf, k)) {
            sweep->exhausted = 1;
            return SG_ABSENT;
        }
    uint32_t found = sg_map_find(&sweep->leaf_positions, leaf);
    if (found != SG_ABSENT)
        sweep->leaf_found = found;
    return found;
}

double sg_running_sum(sg_sweep_state *sweep, const sg_graph *graph, uint32_t entry)
{
    if (graph->op[entry] == SG_LEAF) {
        if (sweep->fresh)
            return -0.0;
        uint32_t k = sg_leaf_position(sweep, graph->leaves[graph->a[entry]].leaf);
        return k == SG_ABSENT ? -0.0 : sweep->leaves[k].sum;
    }
    sg_link link = graph->links[graph->a[entry]];
    uint32_t p = sg_map_find(&sweep->walk.positions, link.graph);
    if (p == SG_ABSENT || !sg_reached(&sweep->walk.parts[p].scratch, link.index))
        return -0.0;
    return sweep->walk.parts[p].scratch.adj[link.index];
}

sg_outcome sg_pass_on(sg_sweep_state *sweep, const sg_graph *graph, uint32_t entry, double sum)
{
    if (graph->op[entry] == SG_LINK) {
        sg_link link = graph->links[graph->a[entry]];
        if (link.graph->closed <= sweep->since) {
            sweep->cut = 1;
            return SG_DONE;
        }
        uint32_t p = sg_walk_part(&sweep->walk, link.graph, 0);
        if (p == SG_ABSENT)
            return SG_NO_MEMORY;
        sg_reach(&sweep->walk.parts[p], link.index, sum);
        return SG_DONE;
    }
    void *leaf = graph->leaves[graph->a[entry]].leaf;
    uint32_t k = sweep->fresh ? SG_ABSENT : sg_leaf_position(sweep, leaf);
    int again = k != SG_ABSENT && sweep->leaves[k].graph == graph->serial;
    if (k == SG_ABSENT) {
        k = sweep->leaf_count;
        if (!sg_grow_array((void **)&sweep->leaves, &sweep->leaf_capacity, k + 1, sizeof *sweep->leaves))
            return SG_NO_MEMORY;
        sweep->leaf_count++;
    }
    sweep->leaves[k] = (sg_leaf_sum){leaf, sum, graph->serial};
    return again ? SG_REPEAT : SG_DONE;
}
