/* Flattening the history of nodes into a record. */
#include "tape/history.h"

#include <stdlib.h>
#include <string.h>

#include "tape/memory.h"
#include "tape/operands.h"
#include "tape/walk.h"

/* The results of a joint operation stay together. At the last of those that are reached, node i, marks them all, and
 * returns the last. Returns i for any other node. */
static uint32_t mark_results(sg_adjoints *scratch, const sg_graph *graph, uint32_t i)
{
    if (graph->op[i] < SG_FIRST_JOINT || graph->op[i] == SG_BULK)
        return i;
    uint32_t first = sg_first_result(graph, i), last = first + sg_result_count(graph, first) - 1;
    if (i != last && sg_reached(scratch, last))
        return i;
    for (uint32_t k = first; k <= last; k++)
        sg_set(scratch, k, 0.0);
    return last;
}

/* Marks everything that the root reaches, and counts what the record will hold. 0: no memory. */
static int mark_reached(sg_walk *walk, sg_record *record)
{
    uint64_t leaf_entries = 0;
    for (uint32_t p; (p = sg_walk_next(walk)) != SG_ABSENT;) {
        sg_adjoints scratch = walk->parts[p].scratch;
        const sg_graph *graph = walk->parts[p].graph;
        for (uint32_t i = graph->count; i-- > 0;) {
            if (!scratch.blocks[i / 64]) {
                i -= i % 64;
                continue;
            }
            if (!sg_reached(&scratch, i))
                continue;
            i = mark_results(&scratch, graph, i);
            if (graph->op[i] == SG_LINK) {
                sg_link link = graph->links[graph->a[i]];
                uint32_t target = sg_walk_part(walk, link.graph, 0);
                if (target == SG_ABSENT)
                    return 0;
                sg_set(&walk->parts[target].scratch, link.index, 0.0);
                continue;
            }
            record->count++;
            if (graph->op[i] == SG_LEAF) {
                leaf_entries++;
                record->code_count++;
                continue;
            }
            record->label_count += sg_label(graph, i) != NULL;
            if (graph->op[i] == SG_ALSO) {
                record->code_count += 2;
                continue;
            }
            uint32_t n = sg_operand_count(graph, i);
            record->code_count += n + (sg_opcode(graph, i) >= SG_FIRST_REDUCTION);
            for (uint32_t k = 0; k < n; k++) {
                uint32_t operand = sg_operand(graph, i, k);
                if (operand & SG_CONST)
                    record->const_count++;
                else
                    sg_set(&scratch, operand, 0.0);
            }
        }
    }
    record->leaf_count = leaf_entries;   /* an upper bound, until repeated leaves are found */
    return 1;
}

static int allocate_record(sg_record *r)
{
    r->ops = sg_alloc(r->count);
    r->values = sg_alloc(r->count * sizeof *r->values);
    r->grads = sg_alloc(r->count * sizeof *r->grads);
    r->codes = sg_alloc(r->code_count * sizeof *r->codes);
    r->consts = sg_alloc(r->const_count * sizeof *r->consts);
    r->leaves = sg_alloc(r->leaf_count * sizeof *r->leaves);
    r->roots = sg_alloc(r->root_count * sizeof *r->roots);
    r->labelled = sg_alloc(r->label_count * sizeof *r->labelled);
    r->labels = sg_alloc(r->label_count * sizeof *r->labels);
    return r->labelled && r->labels && r->roots && r->ops &&
           r->values && r->grads && r->codes && r->consts && r->leaves;
}

static int earlier_closed(const void *left, const void *right)
{
    uint64_t l = (*(const sg_part *const *)left)->graph->closed, r = (*(const sg_part *const *)right)->graph->closed;
    return l < r ? -1 : l > r;
}

/* Positions are written over the adj[] of the scratch, which this walk does not need otherwise. All are less than the
 * bits of SG_UNREACHED. */
static uint64_t *positions_of(const sg_part *part)
{
    return (uint64_t *)(void *)part->scratch.adj;
}

static int write_leaf(sg_record *r, sg_map *seen, void *leaf)
{
    uint32_t k = sg_map_find(seen, leaf);
    if (k == SG_ABSENT) {
        k = (uint32_t)r->leaf_count;
        if (!sg_map_add(seen, leaf, k))
            return 0;
        r->leaves[r->leaf_count++] = leaf;
    }
    r->codes[r->code_count++] = k;
    return 1;
}

static int write_part(const sg_walk *walk, const sg_part *part, sg_record *r, sg_map *seen)
{
    const sg_graph *graph = part->graph;
    uint64_t *position = positions_of(part);
    for (uint32_t i = 0; i < graph->count; i++) {
        if (!sg_reached(&part->scratch, i))
            continue;
        if (graph->op[i] == SG_LINK) {
            sg_link link = graph->links[graph->a[i]];
            position[i] = positions_of(&walk->parts[sg_map_find(&walk->positions, link.graph)])[link.index];
            continue;
        }
        position[i] = r->count;
        r->ops[r->count] = graph->op[i] == SG_ALSO ? SG_ALSO : (uint8_t)sg_opcode(graph, i);
        r->values[r->count] = graph->val[i];
        r->grads[r->count++] = sg_adjoint(graph, i);
        if (graph->op[i] == SG_LEAF) {
            if (!write_leaf(r, seen, graph->leaves[graph->a[i]].leaf))
                return 0;
            continue;
        }
        if (sg_label(graph, i)) {
            r->labels[r->label_count] = sg_label(graph, i);
            r->labelled[r->label_count++] = position[i];
        }
        if (graph->op[i] == SG_ALSO) {
            r->codes[r->code_count++] = 1;
            r->codes[r->code_count++] = position[graph->a[i]];
            continue;
        }
        uint32_t n = sg_operand_count(graph, i);
        if (sg_opcode(graph, i) >= SG_FIRST_REDUCTION)
            r->codes[r->code_count++] = n;
        for (uint32_t k = 0; k < n; k++) {
            uint32_t operand = sg_operand(graph, i, k);
            if (operand & SG_CONST) {
                r->codes[r->code_count++] = SG_CODE_CONST | r->const_count;
                r->consts[r->const_count++] = sg_operand_value(graph, operand);
            } else {
                r->codes[r->code_count++] = position[operand];
            }
        }
    }
    return 1;
}

int sg_flatten(const sg_root *roots, uint64_t count, sg_record *record)
{
    sg_walk walk = {0};
    sg_map seen = {0};
    const sg_part **order = NULL;
    memset(record, 0, sizeof *record);
    int done = 1;
    for (uint64_t k = 0; done && k < count; k++) {
        uint32_t part = sg_walk_part(&walk, roots[k].graph, 0);
        done = part != SG_ABSENT;
        if (done)
            sg_set(&walk.parts[part].scratch, roots[k].index, 0.0);
    }
    record->root_count = count;
    done = done && mark_reached(&walk, record) && allocate_record(record);
    if (done)
        done = (order = sg_alloc(walk.count * sizeof *order)) != NULL;
    if (done) {
        for (uint32_t p = 0; p < walk.count; p++)
            order[p] = &walk.parts[p];
        qsort(order, walk.count, sizeof *order, earlier_closed);
        record->count = record->code_count = record->const_count = record->leaf_count = record->label_count = 0;
        for (uint32_t p = 0; done && p < walk.count; p++)
            done = write_part(&walk, order[p], record, &seen);
    }
    for (uint64_t k = 0; done && k < count; k++)
        record->roots[k] = positions_of(&walk.parts[sg_map_find(&walk.positions, roots[k].graph)])[roots[k].index];
    sg_free(order);
    sg_map_free(&seen);
    sg_walk_free(&walk);
    if (!done)
        sg_record_free(record);
    return done;
}

void sg_record_free(sg_record *record)
{
    sg_free(record->ops);
    sg_free(record->values);
    sg_free(record->grads);
    sg_free(record->codes);
    sg_free(record->consts);
    sg_free(record->leaves);
    sg_free(record->roots);
    sg_free(record->labelled);
    sg_free(record->labels);
    memset(record, 0, sizeof *record);
}
