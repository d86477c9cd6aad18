/* The reverse sweep. One descending pass over each graph: a node's adjoint is complete when the pass reaches it,
 * because all its consumers stand after it; its rule then adds to its operands.
 *
 * This file sweeps with care: it visits only nodes that are reached, and every product is the chain rule's one product
 * (docs/conventions.md): IEEE's, but a nan made by a zero factor is 0. Most sweeps need no such care, and dense.c does them. */
#include "sweep.h"

#include <math.h>
#include <string.h>

#include "scalargrad.h"

/* What a pass reads, by value: a pointer to any of it would have to be read again after every store. */
typedef struct {
    sg_sweep_state *sweep;
    const sg_graph *graph;
    const double *val, *consts;
    const uint32_t *a, *b;
    const uint8_t *op;
    double *adj;
    uint8_t *blocks;
    int check;             /* stop at a nan or inf; a constant where this is inlined */
    int quick;             /* bulks that are reached as a whole may go through the kernels, as long as no nan appears */
} view;

static inline double zmul(double a, double b)
{
    double p = a * b;
    return isnan(p) && (a == 0.0 || b == 0.0) ? 0.0 : p;
}

/* Adds a contribution to an operand's adjoint and gives the sum. */
static inline __attribute__((always_inline)) double push(view v, uint32_t operand, double c)
{
    uint64_t bits;
    memcpy(&bits, &v.adj[operand], sizeof bits);
    if (bits != SG_UNREACHED) {
        c = v.adj[operand] + c;
    } else {
        v.blocks[operand / 64] = 1;
        if (v.op[operand] < SG_FIRST)
            c = sg_running_sum(v.sweep, v.graph, operand) + c;
    }
    v.adj[operand] = c;
    return c;
}

#define SG_TIMES(d, partial) zmul((d), (partial))
#define SG_ADD(operand, product)                                                                                      \
    do {                                                                                                              \
        double sum = push(v, (operand), (product));                                                                   \
        if (v.check && !isfinite(sum))                                                                                \
            return 0;                                                                                                 \
    } while (0)
#include "rules.h"

/* --- entries -------------------------------------------------------------------------------------------------------------- */

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

int sg_pass_on(sg_sweep_state *sweep, const sg_graph *graph, uint32_t entry, double sum)
{
    if (graph->op[entry] == SG_LINK) {
        sg_link link = graph->links[graph->a[entry]];
        uint32_t p = sg_walk_part(&sweep->walk, link.graph, 0);
        if (p == SG_ABSENT)
            return 0;
        sg_reach(&sweep->walk.parts[p], link.index, sum);
        return 1;
    }
    void *leaf = graph->leaves[graph->a[entry]].leaf;
    if (sweep->alone) {
        if (!sg_grow_array((void **)&sweep->leaves, &sweep->leaf_capacity, sweep->leaf_count + 1, sizeof *sweep->leaves))
            return 0;
        sweep->leaves[sweep->leaf_count++] = (sg_leaf_sum){leaf, sum, graph->serial};
        return 1;
    }
    uint32_t k = sg_map_find(&sweep->leaf_positions, leaf);
    int again = k != SG_ABSENT && sweep->leaves[k].graph == graph->serial;
    if (k == SG_ABSENT) {
        k = sweep->leaf_count;
        if (!sg_grow_array((void **)&sweep->leaves, &sweep->leaf_capacity, k + 1, sizeof *sweep->leaves) ||
            !sg_map_add(&sweep->leaf_positions, leaf, k))
            return 0;
        sweep->leaf_count++;
    }
    sweep->leaves[k] = (sg_leaf_sum){leaf, sum, graph->serial};
    return again ? -1 : 1;
}

/* --- a graph ---------------------------------------------------------------------------------------------------------------- */

/* Adds to a node. Where it is the next to be visited, its adjoint goes there in a register: in a chain, waiting for
 * the store would be most of the time. */
#define PUSH_NODE(operand, product)                                                                                   \
    do {                                                                                                              \
        double c = push(v, (operand), (product));                                                                     \
        if ((operand) == i - 1)                                                                                       \
            next = c;                                                                                                 \
        if (v.check && !isfinite(c))                                                                      \
            goto not_finite;                                                                                          \
    } while (0)

#define VISIT_1(name, code)                                                                                           \
    case code:                                                                                                        \
        PUSH_NODE(a, SG_PRODUCT_##name##_0(d, v.val[a], v.val[i]));                                                   \
        continue;
#define VISIT_2(name, code)                                                                                           \
    case code:                                                                                                        \
        if (!((a | b) & SG_CONST)) {                                                                                  \
            PUSH_NODE(a, SG_PRODUCT_##name##_0(d, v.val[a], v.val[b], v.val[i]));                                     \
            PUSH_NODE(b, SG_PRODUCT_##name##_1(d, v.val[a], v.val[b], v.val[i]));                                     \
        } else if (b & SG_CONST) {                                                                                    \
            PUSH_NODE(a, SG_PRODUCT_##name##_0(d, v.val[a], value(v, b), v.val[i]));                                  \
        } else {                                                                                                      \
            PUSH_NODE(b, SG_PRODUCT_##name##_1(d, value(v, a), v.val[b], v.val[i]));                                  \
        }                                                                                                             \
        continue;

static void describe(view v, uint32_t i, sg_report *report)
{
    report->graph = v.graph->serial;
    report->index = i;
    report->opcode = sg_opcode(v.graph, i);
    report->count = sg_operand_count(v.graph, i);
    for (uint32_t k = 0; k < report->count && k < 3; k++)
        report->operands[k] = value(v, sg_operand(v.graph, i, k));
}

/* Readies an operand of a bulk for sums: what is not reached yet begins with what runs on, or neutrally. With `look` it only
 * tells whether a sum is a nan. */
static int visit_span(view v, const sg_bulk *bulk, int k, int look)
{
    const sg_span *span = &bulk->operands[k];
    uint32_t rows, columns;
    sg_bulk_extent(bulk, k, &rows, &columns);
    if (span->kind == SG_NONE || span->kind == SG_CONSTS)
        return 0;
    for (uint32_t r = 0; r < (span->row ? rows : 1); r++)
        for (uint32_t c = 0; c < (span->column ? columns : 1); c++) {
            uint32_t operand = sg_span_operand(v.graph, span, r, c);
            uint64_t bits;
            if (look && isnan(v.adj[operand]))
                return 1;
            memcpy(&bits, &v.adj[operand], sizeof bits);
            if (look || bits != SG_UNREACHED)
                continue;
            v.blocks[operand / 64] = 1;
            v.adj[operand] = v.op[operand] < SG_FIRST ? sg_running_sum(v.sweep, v.graph, operand) : -0.0;
        }
    return 0;
}

/* A bulk of which node i is the last, by the kernels. 1: done; 0: no memory; -1: a nan appeared, so that all must be swept
 * with care; -2: not possible, for it is not reached as a whole, or its operands coincide. */
static __attribute__((noinline)) int pull_whole(view v, uint32_t i)
{
    const sg_bulk *bulk = &v.graph->bulks[v.a[i]];
    if (i != bulk->first + bulk->rows * bulk->columns - 1)
        return -2;
    for (int k = 0; k < 3; k++)
        if (bulk->operands[k].kind == SG_LISTED)
            return -2;
    for (uint32_t e = bulk->first; e < i; e++) {
        uint64_t bits;
        memcpy(&bits, &v.adj[e], sizeof bits);
        if (bits == SG_UNREACHED)
            return -2;
    }
    for (int k = 0; k < 3; k++)
        visit_span(v, bulk, k, 0);
    int done = sg_bulk_pull(v.graph, bulk, v.adj);
    for (int k = 0; done == 1 && k < 3; k++)
        if (visit_span(v, bulk, k, 1))
            return -1;
    return done < 0 ? -2 : done;
}

/* Sweeps one graph. 1: done; 0: no memory; -1: stopped at a nan or inf. */
static inline __attribute__((always_inline)) int sweep_graph(view v, sg_report *report)
{
    for (uint32_t count = v.graph->count, block = count / 64 + 1; block-- > 0;) {
        if (!v.blocks[block])
            continue;
        uint32_t start = 64 * block, i = start + 64 < count ? start + 64 : count;
        double next = v.adj[i - 1];
        while (i-- > start) {
            double d = next;
            uint64_t bits;
            memcpy(&bits, &d, sizeof bits);
            next = v.adj[(int64_t)i - 1];
            if (bits == SG_UNREACHED)
                continue;
            uint32_t a = v.a[i], b = v.b[i];
            switch (v.op[i]) {
                SG_ROWS_1(VISIT_1)
                SG_ROWS_2(VISIT_2)
            case SG_LEAF:
            case SG_LINK:
                if (!sg_pass_on(v.sweep, v.graph, i, d))
                    return 0;
                continue;
                SG_ROWS_3(SG_CASE)
                if (!visit_ternary(v, i, d))
                    goto not_finite;
                break;
            case SG_BULK:
                if (v.quick && !v.check) {
                    int done = pull_whole(v, i);
                    if (done == 1) {
                        i = v.graph->bulks[a].first;
                        block = i / 64;
                        start = 64 * block;
                        break;
                    }
                    if (done != -2)
                        return done;
                }
                if (!visit_element(v, i, d))
                    goto not_finite;
                break;
            default:
                if (!visit_reduction(v, i, d))
                    goto not_finite;
            }
            next = v.adj[(int64_t)i - 1];
            continue;
        not_finite:
            describe(v, i, report);
            return -1;
        }
    }
    return 1;
}

/* --- all graphs --------------------------------------------------------------------------------------------------------------- */

static void free_sweep(sg_sweep_state *sweep)
{
    sg_walk_free(&sweep->walk);
    sg_free(sweep->leaves);
    sg_map_free(&sweep->leaf_positions);
    sg_free(sweep);
}

enum manner { QUICK, CAREFUL, CHECKED };

/* Runs over all graphs, the latest closed first. *done: 1, 0 without memory (then nothing is given), -1 when a quick run
 * has to be thrown away, or a checked one has met a nan or inf. */
static sg_sweep_state *run(sg_graph *graph, uint32_t index, double seed, enum manner manner, sg_report *report, int *done)
{
    sg_sweep_state *sweep = sg_alloc_zero(sizeof *sweep);
    int whole = manner == QUICK && graph->whole == index + 1;         /* the root reaches all that stands before it */
    uint32_t root = sweep ? sg_walk_part(&sweep->walk, graph, whole ? index + 1 : 0) : SG_ABSENT;
    *done = root != SG_ABSENT;
    if (*done) {
        sweep->alone = !graph->link_count && !graph->twins;
        sg_set(&sweep->walk.parts[root].scratch, index, sg_quiet(seed));
        sweep->walk.parts[root].sinks = !graph->used[index];
    }
    for (uint32_t p; *done == 1 && (p = sg_walk_next(&sweep->walk)) != SG_ABSENT;) {
        sg_part part = sweep->walk.parts[p];
        const sg_graph *g = part.graph;
        view v = {sweep, g, g->val, g->consts, g->a, g->b, g->op, part.scratch.adj, part.scratch.blocks, 0,
                  manner == QUICK};
        if (whole && p == root) {
            *done = sg_sweep_dense(sweep, part, index + 1);
        } else if (manner == QUICK && part.sinks == g->sinks) {   /* every node leads to a sink, and all are reached */
            *done = sg_sweep_dense(sweep, part, g->count);
        } else if (manner != CHECKED) {
            *done = sweep_graph(v, report);
        } else {
            v.check = 1;
            *done = sweep_graph(v, report);
        }
    }
    if (!*done && sweep) {
        free_sweep(sweep);
        return NULL;
    }
    return sweep;
}

int sg_sweep(uintptr_t address, uint32_t index, double seed, int check, sg_report *report)
{
    sg_graph *graph = (sg_graph *)address;
    int done;
    memset(report, 0, sizeof *report);
    sg_sweep_state *sweep = run(graph, index, seed, check ? CHECKED : isnan(seed) ? CAREFUL : QUICK, report, &done);
    if (sweep && !check && done < 0) {
        free_sweep(sweep);
        sweep = run(graph, index, seed, CAREFUL, report, &done);
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

/* Copies what was reached into the graph's adjoints, and leaves the scratch clean. */
static void merge(sg_adjoints *into, sg_adjoints *from, uint32_t count)
{
    uint64_t unreached = SG_UNREACHED;
    for (uint32_t block = 0; block <= count / 64; block++) {
        if (!from->blocks[block])
            continue;
        uint32_t end = 64 * block + 64 < count ? 64 * block + 64 : count;
        for (uint32_t i = 64 * block; i < end; i++)
            if (sg_reached(from, i)) {
                into->adj[i] = from->adj[i];
                memcpy(&from->adj[i], &unreached, sizeof unreached);
            }
        into->blocks[block] = 1;
        from->blocks[block] = 0;
    }
}

void sg_commit_graphs(sg_sweep_state *sweep)
{
    for (uint32_t p = 0; p < sweep->walk.count; p++) {
        sg_graph *graph = sweep->walk.parts[p].graph;
        sg_adjoints *scratch = &sweep->walk.parts[p].scratch;
        if (!graph->last.adj) {
            graph->last = *scratch;
        } else {
            merge(&graph->last, scratch, graph->count);
            double *none = NULL;
            if (!__atomic_compare_exchange_n(&graph->spare, &none, scratch->adj, 0, __ATOMIC_RELEASE,
                                             __ATOMIC_RELAXED))
                sg_adjoints_free(scratch, graph->count);
        }
        scratch->adj = NULL;
    }
}
