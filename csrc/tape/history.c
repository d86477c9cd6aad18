/* Flattening a node's history into a record, and building graphs from one. */
#include "tape/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tape/memory.h"
#include "tape/operands.h"
#include "tape/walk.h"

/* --- flattening --------------------------------------------------------------------------------------------------- */

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
    return r->labelled && r->labels && r->roots && r->ops && r->values && r->grads && r->codes && r->consts && r->leaves;
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
        r->ops[r->count] = (uint8_t)sg_opcode(graph, i);
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

/* --- building again ----------------------------------------------------------------------------------------------- */

/* Where a node of the record was built; for a leaf, its latest entry. */
typedef struct {
    uint32_t graph, index;
} placed;

typedef struct {
    const sg_record *record;
    placed *places;
    sg_graph **graphs;        /* each with one reference of ours */
    uint32_t graph_count, graph_capacity;
    sg_graph *open;
    uint64_t next_code;
    void (*hold)(void *object);
    int malformed;
} builder;

static int next_graph(builder *b)
{
    if (b->open)
        sg_close(b->open);
    if (!sg_grow_array((void **)&b->graphs, &b->graph_capacity, b->graph_count + 1, sizeof *b->graphs) ||
        !sg_open(&b->open))
        return 0;
    b->open->twins = 1;                   /* the record may have a leaf with several captured numbers */
    b->graphs[b->graph_count++] = b->open;
    return 1;
}

/* Takes the next code of the record; a record that ends too early is malformed. */
static int take_code(builder *b, uint64_t limit, uint64_t *code)
{
    if (b->next_code >= b->record->code_count || b->record->codes[b->next_code] >= limit) {
        b->malformed = 1;
        return 0;
    }
    *code = b->record->codes[b->next_code++];
    return 1;
}

/* The operand that the next code stands for, in the open graph. SG_FAILED for a bad record, or if memory ran out. */
static uint32_t take_operand(builder *b, uint64_t position)
{
    const sg_record *r = b->record;
    if (b->next_code < r->code_count && r->codes[b->next_code] & SG_CODE_CONST) {
        uint64_t k = r->codes[b->next_code++] & ~SG_CODE_CONST;
        if (k < r->const_count)
            return sg_constant(b->open, r->consts[k]);
        b->malformed = 1;
        return SG_FAILED;
    }
    uint64_t code;
    if (!take_code(b, position, &code))
        return SG_FAILED;
    placed *place = &b->places[code];
    uint32_t current = b->graph_count - 1;
    if (place->graph == current)
        return place->index;
    sg_graph *home = b->graphs[place->graph];
    if (r->ops[code] != SG_LEAF)
        return sg_enter_link(b->open, home, place->index, r->values[code]);
    void *leaf = home->leaves[home->a[place->index]].leaf;      /* links lead to operations; a leaf enters again */
    uint32_t entry = sg_enter_leaf(b->open, leaf, r->values[code]);
    if (entry != SG_FAILED) {
        b->hold(leaf);
        *place = (placed){current, entry};
    }
    return entry;
}

/* Appends node `position` of the record to the open graph. SG_FAILED for a bad record, or if memory ran out. */
static uint32_t build_node(builder *b, uint64_t position)
{
    const sg_record *r = b->record;
    int op = r->ops[position];
    uint64_t n, code;
    if (op == SG_LINK || op >= SG_OPCODES) {
        b->malformed = 1;
        return SG_FAILED;
    }
    if (op == SG_LEAF) {
        if (!take_code(b, r->leaf_count, &code))
            return SG_FAILED;
        uint32_t entry = sg_enter_leaf(b->open, r->leaves[code], r->values[position]);
        if (entry != SG_FAILED)
            b->hold(r->leaves[code]);
        return entry;
    }
    n = (uint64_t)sg_arity[op];
    if (op >= SG_FIRST_REDUCTION && !take_code(b, r->code_count, &n))
        return SG_FAILED;
    if (n == 0 || (op == SG_DOT && n % 2) || (op == SG_CUSTOM && n % 2 == 0)) {
        b->malformed = 1;
        return SG_FAILED;
    }
    uint32_t fields[2] = {0, 0}, offset = 0;
    int tracked = 0, in_args = n > 2 || op >= SG_FIRST_REDUCTION;
    if (in_args && (offset = sg_arguments(b->open, (uint32_t)n)) == SG_FAILED)
        return SG_FAILED;
    for (uint64_t k = 0; k < n; k++) {
        uint32_t operand = take_operand(b, position);
        if (operand == SG_FAILED)
            return SG_FAILED;
        *(in_args ? &b->open->args[offset + k] : &fields[k]) = operand;
        tracked |= !(operand & SG_CONST);
        b->malformed |= op == SG_LOGSUMEXP && k == 0 && tracked;      /* its shift must be a constant */
        b->malformed |= op == SG_CUSTOM && k % 2 == 0 && !(operand & SG_CONST); /* and so its value and partials */
    }
    b->malformed |= !tracked;             /* nodes of constants alone are never recorded; the sweeps rely on it */
    if (b->malformed)
        return SG_FAILED;
    if (in_args) {
        fields[0] = offset;
        fields[1] = (uint32_t)n;
    }
    if (!sg_reserve(b->open, 1))
        return SG_FAILED;
    for (uint64_t k = 0; k < n; k++)
        sg_use(b->open, in_args ? b->open->args[offset + k] : fields[k]);
    return sg_append(b->open, op, fields[0], fields[1], r->values[position]);
}

static int build_all(builder *b)
{
    const sg_record *r = b->record;
    for (uint64_t position = 0; position < r->count; position++) {
        if ((!b->open || b->open->count >= SG_GRAPH_MOST) && !next_graph(b))
            return 0;
        uint32_t index = build_node(b, position);
        if (index == SG_FAILED)
            return 0;
        b->places[position] = (placed){b->graph_count - 1, index};
    }
    b->malformed |= b->next_code != r->code_count || !r->root_count;
    for (uint64_t k = 0; k < r->root_count; k++)
        b->malformed |= r->roots[k] >= r->count || r->ops[r->roots[k]] == SG_LEAF;
    for (uint64_t k = 0; k < r->label_count; k++)
        b->malformed |= r->labelled[k] >= r->count || r->ops[r->labelled[k]] == SG_LEAF;
    if (b->malformed)
        return 0;
    sg_close(b->open);
    for (uint64_t k = 0; k < r->label_count; k++) {
        placed place = b->places[r->labelled[k]];
        if (!sg_set_label(b->graphs[place.graph], place.index, r->labels[k]))
            return 0;
        b->hold(r->labels[k]);
    }
    for (uint64_t position = 0; position < r->count; position++) {
        placed place = b->places[position];
        int fresh = r->grads[position] == 0.0 && !signbit(r->grads[position]);
        if (r->ops[position] != SG_LEAF && !fresh &&
            !sg_set_adjoint(b->graphs[place.graph], place.index, r->grads[position]))
            return 0;
    }
    return 1;
}

int sg_rebuild(const sg_record *record, void (*hold)(void *object), sg_root *roots, int *malformed)
{
    builder b = {.record = record, .hold = hold};
    b.places = sg_alloc(record->count * sizeof *b.places);
    int done = b.places && build_all(&b);
    for (uint64_t k = 0; done && k < record->root_count; k++) {
        placed place = b.places[record->roots[k]];
        roots[k] = (sg_root){b.graphs[place.graph], place.index};
        roots[k].graph->references++;
    }
    for (uint32_t k = b.graph_count; k-- > 0;)
        sg_release(b.graphs[k]);
    sg_free(b.graphs);
    sg_free(b.places);
    *malformed = b.malformed;
    return done;
}
