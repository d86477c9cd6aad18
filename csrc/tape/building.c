/* Building graphs from a record. */
#include "tape/building.h"

#include <math.h>

#include "tape/memory.h"
#include "tape/operands.h"

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
    uint64_t joint, others;   /* the last joint operation, and how many of its results are to follow */
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

/* Appends a further result of a joint operation. Likewise. */
static uint32_t build_result(builder *b, uint64_t n, uint64_t position)
{
    uint64_t code;
    if (n != 1 || !take_code(b, position, &code) || code != b->joint) {
        b->malformed = 1;
        return SG_FAILED;
    }
    if (!sg_reserve(b->open, 1))
        return SG_FAILED;
    b->others--;
    sg_use(b->open, b->places[code].index);
    return sg_append(b->open, SG_ALSO, b->places[code].index, 0, b->record->values[position]);
}

/* Appends node `position` of the record to the open graph. SG_FAILED for a bad record, or if memory ran out. */
static uint32_t build_node(builder *b, uint64_t position)
{
    const sg_record *r = b->record;
    int op = r->ops[position];
    uint64_t n, code;
    /* the results of a joint operation stay together */
    if (op == SG_LINK || op >= SG_OPCODES || (b->others > 0) != (op == SG_ALSO)) {
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
    if (op == SG_ALSO)
        return build_result(b, n, position);
    if (n == 0 || (op == SG_DOT && n % 2) || ((op == SG_CUSTOM || op == SG_RULED) && n % 2 == 0)) {
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
        /* it must be a constant */
        b->malformed |= (op == SG_LOGSUMEXP || op == SG_SOLVE || op == SG_RULED) && k == 0 && tracked;
        b->malformed |= op == SG_CUSTOM && k % 2 == 0 && !(operand & SG_CONST); /* and so its value and partials */
    }
    if (op >= SG_FIRST_JOINT) {
        uint64_t count = sg_joint_count(op, n, sg_operand_value(b->open, b->open->args[offset]));
        b->malformed |= !count;
        b->joint = position;
        b->others = count - 1;
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
        if ((!b->open || (b->open->count >= SG_GRAPH_MOST && !b->others)) && !next_graph(b))
            return 0;
        uint32_t index = build_node(b, position);
        if (index == SG_FAILED)
            return 0;
        b->places[position] = (placed){b->graph_count - 1, index};
    }
    b->malformed |= b->next_code != r->code_count || !r->root_count || b->others;
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
    for (uint64_t position = 0; r->grads && position < r->count; position++) {
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
