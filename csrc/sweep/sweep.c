/* The reverse sweep over all graphs, and its commit. */
#include "sweep/sweep.h"

#include <math.h>
#include <string.h>

#include "sweep/careful.h"
#include "sweep/dense.h"
#include "tape/memory.h"

static void free_sweep(sg_sweep_state *sweep)
{
    for (uint32_t p = 0; p < sweep->walk.count; p++)
        if (sweep->walk.parts[p].scratch.adj)
            sg_give_scratch(sweep->walk.parts[p].graph, &sweep->walk.parts[p].scratch);
    sg_walk_free(&sweep->walk);
    sg_large_free(sweep->leaves, sweep->leaf_capacity * sizeof *sweep->leaves);
    sg_map_free(&sweep->leaf_positions);
    sg_free(sweep);
}

/* Sweeps all graphs, the latest closed first. Returns NULL if memory ran out. Sets *outcome to SG_DONE; or to SG_REPEAT
 * if a quick run must be discarded, or SG_NOT_FINITE if a checked one met a nan or inf. */
static sg_sweep_state *run(sg_graph *graph, uint32_t index, double seed, enum sg_manner manner, uint64_t since,
                           sg_report *report, sg_outcome *outcome)
{
    sg_sweep_state *sweep = sg_alloc_zero(sizeof *sweep);
    int whole = manner == SG_QUICK && graph->whole == index + 1;   /* the root reaches all nodes before it */
    uint32_t root = sweep ? sg_walk_part(&sweep->walk, graph, whole ? index + 1 : 0) : SG_ABSENT;
    *outcome = root == SG_ABSENT ? SG_NO_MEMORY : SG_DONE;
    if (*outcome == SG_DONE) {
        sweep->index = index;
        sweep->since = since;
        sg_set(&sweep->walk.parts[root].scratch, index, sg_quiet_nan(seed));
        sweep->walk.parts[root].sinks = !graph->used[index];
    }
    for (uint32_t p; *outcome == SG_DONE && (p = sg_walk_next(&sweep->walk)) != SG_ABSENT;) {
        sg_part part = sweep->walk.parts[p];
        if (whole && p == root)
            part.dense = index + 1;
        else if (manner == SG_QUICK && part.sinks == part.graph->sinks) /* all sinks are reached, so all nodes are */
            part.dense = part.graph->count;
        sweep->walk.parts[p].dense = part.dense;
        sweep->fresh = !sweep->leaf_count && !part.graph->twins;
        *outcome = part.dense ? sg_sweep_dense(sweep, part) : sg_sweep_careful(sweep, part, manner, report);
        if (sweep->exhausted)
            *outcome = SG_NO_MEMORY;
    }
    if (*outcome == SG_NO_MEMORY && sweep) {
        free_sweep(sweep);
        return NULL;
    }
    return sweep;
}

int sg_sweep(uintptr_t address, uint32_t index, double seed, int check, uint64_t since, sg_report *report)
{
    sg_graph *graph = (sg_graph *)address;
    sg_outcome outcome;
    memset(report, 0, sizeof *report);
    enum sg_manner manner = check ? SG_CHECKED : isnan(seed) ? SG_CAREFUL : SG_QUICK;
    sg_sweep_state *sweep = run(graph, index, seed, manner, since, report, &outcome);
    if (sweep && outcome == SG_REPEAT) {
        free_sweep(sweep);
        sweep = run(graph, index, seed, SG_CAREFUL, since, report, &outcome);
    }
    report->sweep = (uintptr_t)sweep;
    return sweep != NULL;
}

void sg_discard(sg_report *report)
{
    if (report->sweep)
        free_sweep((sg_sweep_state *)report->sweep);
    report->sweep = 0;
}

int sg_leaf_sums_finite(const sg_report *report)
{
    const sg_sweep_state *sweep = (const sg_sweep_state *)report->sweep;
    int finite = 1;
    for (uint32_t k = 0; k < sweep->leaf_count; k++)
        finite &= isfinite(sweep->leaves[k].sum) != 0;
    return finite;
}

/* Commits a part of a sweep from node `index` of the graph with number `serial`. If nothing that the graph's last
 * adjoints reach is left out by the new ones, which is so in most loops, these take their place; the old ones are
 * scratch for the next sweep. */
static void commit_part(sg_part *part, uint64_t serial, uint32_t index)
{
    sg_graph *graph = part->graph;
    sg_adjoints old = graph->last, *new = &part->scratch;
    uint32_t end = part->dense ? part->dense : graph->count, old_end = old.adj ? graph->last_end : 0;
    int covers = old_end <= part->dense || (graph->last_serial == serial && graph->last_index == index);
    if (!covers)
        serial = 0;
    if (covers || old_end - part->dense <= part->dense) {
        if (!covers)
            sg_adjoints_copy(new, &old, part->dense, old_end);
        graph->last = *new;
        *new = old;
    } else {
        sg_adjoints_merge(&graph->last, new, graph->count);
    }
    graph->last_end = covers || end > old_end ? end : old_end;
    graph->last_serial = serial;
    graph->last_index = index;
    if (new->adj)
        sg_give_scratch(graph, new);
}

void sg_commit_graphs(sg_sweep_state *sweep)
{
    uint64_t serial = sweep->walk.count ? sweep->walk.parts[0].graph->serial : 0;
    for (uint32_t p = 0; p < sweep->walk.count; p++)
        commit_part(&sweep->walk.parts[p], serial, sweep->index);
}
