/* Entries: the sums that they continue, and the leaves and linked nodes that get their sums. */
#include "sweep/entries.h"

#include "tape/memory.h"

double sg_running_sum(const sg_sweep_state *sweep, const sg_graph *graph, uint32_t entry)
{
    if (sweep->alone)
        return -0.0;
    if (graph->op[entry] == SG_LEAF) {
        uint32_t k = sg_map_find(&sweep->leaf_positions, graph->leaves[graph->a[entry]].leaf);
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
    if (sweep->alone) {
        if (!sg_grow_array((void **)&sweep->leaves, &sweep->leaf_capacity, sweep->leaf_count + 1,
                           sizeof *sweep->leaves))
            return SG_NO_MEMORY;
        sweep->leaves[sweep->leaf_count++] = (sg_leaf_sum){leaf, sum, graph->serial};
        return SG_DONE;
    }
    uint32_t k = sg_map_find(&sweep->leaf_positions, leaf);
    int again = k != SG_ABSENT && sweep->leaves[k].graph == graph->serial;
    if (k == SG_ABSENT) {
        k = sweep->leaf_count;
        if (!sg_grow_array((void **)&sweep->leaves, &sweep->leaf_capacity, k + 1, sizeof *sweep->leaves) ||
            !sg_map_add(&sweep->leaf_positions, leaf, k))
            return SG_NO_MEMORY;
        sweep->leaf_count++;
    }
    sweep->leaves[k] = (sg_leaf_sum){leaf, sum, graph->serial};
    return again ? SG_REPEAT : SG_DONE;
}
