/* Pieces of graphs, as records. */
#include "tape/pieces.h"

#include <string.h>

#include "tape/memory.h"
#include "tape/operands.h"

/* A graph that the roots reach, from the first node on that may depend on a planted leaf. */
typedef struct {
    sg_graph *graph;
    uint32_t low, count;
    uint32_t *places;        /* by index - low: the position in the record, + 1 */
    uint8_t *states;         /* likewise */
} stretch;

enum { SG_MARKED = 1, SG_DEPENDS = 2 };

typedef struct {
    const sg_planting *planting;
    stretch *stretches;      /* in order of discovery */
    uint32_t *pending;       /* those that were not visited yet, the latest on top */
    uint32_t *visited;       /* the others, in the order of visits */
    uint32_t count, stretch_capacity, waiting, pending_capacity, visited_count, visited_capacity;
    sg_map of_graph;         /* graph -> stretch */
    sg_map planted;          /* planted leaf -> its number */
    sg_map numbers;          /* any other leaf, or the address of a node's value -> its number */
    sg_map places;           /* the address of the value of a node before its stretch -> position in the record */
    uint8_t *ops;
    double *values, *consts;
    uint64_t *codes;
    sg_beside *beside;
    uint32_t op_count, op_capacity, value_capacity, code_count, code_capacity, const_count, const_capacity;
    uint32_t beside_count, beside_capacity;
} extractor;

/* --- what the roots reach ----------------------------------------------------------------------------------------- */

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
static uint32_t lowest(const sg_planting *planting, const sg_graph *graph)
{
    uint32_t low = planting->first_entry(planting->context, graph);
    uint32_t links = sg_moment() > planting->since ? graph->link_count : 0;
    for (uint32_t k = 0; k < links; k++)
        if (graph->links[k].graph->closed > planting->since && graph->links[k].entry < low)
            low = graph->links[k].entry;
    return low < graph->count ? low : graph->count;
}

/* The stretch of a graph, which is new if it has not been reached before. SG_ABSENT if memory ran out. */
static uint32_t stretch_of(extractor *e, sg_graph *graph)
{
    uint32_t position = sg_map_find(&e->of_graph, graph);
    if (position != SG_ABSENT)
        return position;
    stretch new = {graph, lowest(e->planting, graph), graph->count, NULL, NULL};
    if (!sg_grow_array((void **)&e->stretches, &e->stretch_capacity, e->count + 1, sizeof new) ||
        !sg_grow_array((void **)&e->pending, &e->pending_capacity, e->count + 1, sizeof *e->pending) ||
        !sg_grow_array((void **)&e->visited, &e->visited_capacity, e->count + 1, sizeof *e->visited) ||
        !(new.places = sg_alloc_zero((new.count - new.low) * (sizeof *new.places + sizeof *new.states))))
        return SG_ABSENT;
    new.states = (uint8_t *)(new.places + (new.count - new.low));
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

static inline void mark(stretch *s, uint32_t index)
{
    if (index >= s->low)
        s->states[index - s->low] |= SG_MARKED;
}

/* Marks a node from outside its graph. 0: no memory. */
static int mark_from_outside(extractor *e, sg_graph *graph, uint32_t index)
{
    if (closing(graph) < e->planting->since)
        return 1;
    uint32_t position = stretch_of(e, graph);
    if (position != SG_ABSENT)
        mark(&e->stretches[position], index);
    return position != SG_ABSENT;
}

/* The results of a joint operation stay together: marks those of node i, and returns the last. Returns i for any other
 * node. */
static uint32_t mark_together(stretch *s, uint32_t i)
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
static int visit_stretch(extractor *e, uint32_t position)
{
    stretch s = e->stretches[position];
    const sg_graph *graph = s.graph;
    for (uint32_t i = s.count; i-- > s.low;) {
        if (!(s.states[i - s.low] & SG_MARKED))
            continue;
        i = mark_together(&s, i);
        int op = graph->op[i];
        if (op == SG_LEAF)
            continue;
        if (op == SG_LINK) {
            if (!mark_from_outside(e, graph->links[graph->a[i]].graph, graph->links[graph->a[i]].index))
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

/* --- the record --------------------------------------------------------------------------------------------------- */

/* Appends a node, with room for n operands. 0: no memory. */
static int append_node(extractor *e, int op, double value, uint32_t n)
{
    if (n >= SG_CONST / 2 ||
        !sg_grow_array((void **)&e->ops, &e->op_capacity, e->op_count + 1, sizeof *e->ops) ||
        !sg_grow_array((void **)&e->values, &e->value_capacity, e->op_count + 1, sizeof *e->values) ||
        !sg_grow_array((void **)&e->codes, &e->code_capacity, e->code_count + n + 1, sizeof *e->codes))
        return 0;
    e->ops[e->op_count] = (uint8_t)op;
    e->values[e->op_count++] = value;
    return 1;
}

/* The code of a constant; SG_FAILED if memory ran out. */
static uint64_t constant_code(extractor *e, double number)
{
    if (!sg_grow_array((void **)&e->consts, &e->const_capacity, e->const_count + 1, sizeof *e->consts))
        return SG_FAILED;
    e->consts[e->const_count] = number;
    return SG_CODE_CONST | e->const_count++;
}

/* The number of a leaf of the record, which may be new. SG_ABSENT if memory ran out. */
static uint32_t number_of(extractor *e, const void *key, sg_beside beside)
{
    uint32_t number = beside.graph ? SG_ABSENT : sg_map_find(&e->planted, key);
    if (number == SG_ABSENT)
        number = sg_map_find(&e->numbers, key);
    if (number != SG_ABSENT)
        return number;
    number = e->planting->planted_count + e->beside_count;
    if (!sg_grow_array((void **)&e->beside, &e->beside_capacity, e->beside_count + 1, sizeof beside) ||
        !sg_map_add(&e->numbers, key, number))
        return SG_ABSENT;
    e->beside[e->beside_count++] = beside;
    return number;
}

static const stretch *find_stretch(const extractor *e, const sg_graph *graph)
{
    uint32_t position = sg_map_find(&e->of_graph, graph);
    return position == SG_ABSENT ? NULL : &e->stretches[position];
}

/* Where a node that depends on a planted leaf is in the record, + 1; 0: it does not depend on one. */
static uint32_t place_if_dependent(const stretch *s, uint32_t index)
{
    return s && index >= s->low && s->states[index - s->low] & SG_DEPENDS ? s->places[index - s->low] : 0;
}

/* The position of a leaf of the record that stands for node `index`, which depends on no planted leaf, or is one.
 * SG_FAILED if memory ran out. */
static uint32_t enter_beside(extractor *e, const stretch *s, uint32_t index)
{
    sg_graph *graph = s->graph;
    const void *key = graph->val + index;
    uint32_t known = index >= s->low ? s->places[index - s->low] - 1 : sg_map_find(&e->places, key);
    if (known != SG_ABSENT)
        return known;
    sg_beside beside = {NULL, graph, index};
    const void *what = key;
    if (graph->op[index] == SG_LEAF) {
        beside = (sg_beside){graph->leaves[graph->a[index]].leaf, NULL, 0};
        what = beside.leaf;
    } else if (graph->op[index] == SG_LINK) {
        sg_link link = graph->links[graph->a[index]];
        beside = (sg_beside){NULL, link.graph, link.index};
        what = link.graph->val + link.index;
    }
    uint32_t number = number_of(e, what, beside);
    if (number == SG_ABSENT || !append_node(e, SG_LEAF, graph->val[index], 1))
        return SG_FAILED;
    e->codes[e->code_count++] = number;
    if (index >= s->low)
        s->places[index - s->low] = e->op_count;
    else if (!sg_map_add(&e->places, key, e->op_count - 1))
        return SG_FAILED;
    return e->op_count - 1;
}

/* The position of node `index` in the record. SG_FAILED if memory ran out. */
static uint32_t place_of(extractor *e, const stretch *s, uint32_t index)
{
    const sg_graph *graph = s->graph;
    uint32_t place = 0;
    if (graph->op[index] == SG_LINK) {
        sg_link link = graph->links[graph->a[index]];
        place = place_if_dependent(find_stretch(e, link.graph), link.index);
    } else {
        place = place_if_dependent(s, index);
    }
    return place ? place - 1 : enter_beside(e, s, index);
}

/* Whether an entry stands for a planted leaf, or for a node that depends on one. */
static int entry_depends(const extractor *e, const sg_graph *graph, uint32_t i)
{
    if (graph->op[i] == SG_LEAF)
        return sg_map_find(&e->planted, graph->leaves[graph->a[i]].leaf) != SG_ABSENT;
    sg_link link = graph->links[graph->a[i]];
    const stretch *s = find_stretch(e, link.graph);
    return s && link.index >= s->low && s->states[link.index - s->low] & SG_DEPENDS;
}

static int depends(const stretch *s, uint32_t operand)
{
    return !(operand & SG_CONST) && operand >= s->low && s->states[operand - s->low] & SG_DEPENDS;
}

/* Writes a node into the record, if it depends on a planted leaf. 0: no memory. */
static int add_node(extractor *e, const stretch *s, uint32_t i)
{
    const sg_graph *graph = s->graph;
    if (graph->op[i] == SG_LEAF || graph->op[i] == SG_LINK) {
        s->states[i - s->low] |= entry_depends(e, graph, i) ? SG_DEPENDS : 0;
        return 1;
    }
    int also = graph->op[i] == SG_ALSO, op = also ? SG_ALSO : sg_opcode(graph, i), any = 0;
    uint32_t n = also ? 1 : sg_operand_count(graph, i);
    for (uint32_t k = 0; k < n && !any; k++)
        any = depends(s, also ? graph->a[i] : sg_operand(graph, i, k));
    if (!any)
        return 1;
    /* leaves beside come before it */
    uint32_t first_const = e->const_count;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t operand = also ? graph->a[i] : sg_operand(graph, i, k);
        if (operand & SG_CONST ? constant_code(e, sg_operand_value(graph, operand)) == SG_FAILED
                               : place_of(e, s, operand) == SG_FAILED)
            return 0;
    }
    if (!append_node(e, op, graph->val[i], n))
        return 0;
    if (op >= SG_FIRST_REDUCTION)
        e->codes[e->code_count++] = n;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t operand = also ? graph->a[i] : sg_operand(graph, i, k);
        e->codes[e->code_count++] = operand & SG_CONST ? SG_CODE_CONST | first_const++ : place_of(e, s, operand);
    }
    s->places[i - s->low] = e->op_count;
    s->states[i - s->low] |= SG_DEPENDS;
    return 1;
}

/* The code of a root, which is a constant if it depends on no planted leaf. SG_FAILED if memory ran out. */
static uint64_t root_code(extractor *e, sg_end root)
{
    const stretch *s = root.graph ? find_stretch(e, root.graph) : NULL;
    uint32_t place = place_if_dependent(s, root.index);
    uint32_t number = root.leaf ? sg_map_find(&e->planted, root.leaf) : SG_ABSENT;
    if (place)
        return place - 1;
    if (number == SG_ABSENT)
        return constant_code(e, root.number);
    if (!append_node(e, SG_LEAF, root.number, 1))
        return SG_FAILED;
    e->codes[e->code_count++] = number;
    return e->op_count - 1;
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static int extract_all(extractor *e, const sg_end *roots, uint32_t root_count, uint64_t *codes)
{
    const sg_planting *planting = e->planting;
    int done = sg_map_reserve(&e->planted, planting->planted_count);
    for (uint32_t k = 0; done && k < planting->planted_count; k++)
        if (sg_map_find(&e->planted, planting->planted[k]) == SG_ABSENT)
            sg_map_add(&e->planted, planting->planted[k], k);
    for (uint32_t k = 0; done && k < root_count; k++)
        if (roots[k].graph)
            done = mark_from_outside(e, roots[k].graph, roots[k].index);
    while (done && e->waiting) {
        uint32_t position = e->pending[--e->waiting];
        e->visited[e->visited_count++] = position;
        done = visit_stretch(e, position);
    }
    for (uint32_t k = e->visited_count; done && k-- > 0;) {
        const stretch *s = &e->stretches[e->visited[k]];
        for (uint32_t i = s->low; done && i < s->count; i++)
            if (s->states[i - s->low] & SG_MARKED)
                done = add_node(e, s, i);
    }
    for (uint32_t k = 0; done && k < root_count; k++)
        done = (codes[k] = root_code(e, roots[k])) != SG_FAILED;
    return done;
}

int sg_extract(const sg_planting *planting, const sg_end *roots, uint32_t root_count, sg_piece *piece)
{
    extractor e = {.planting = planting};
    uint64_t *codes = sg_alloc(root_count * sizeof *codes);
    int done = codes && extract_all(&e, roots, root_count, codes);
    *piece = (sg_piece){.record = {.count = e.op_count, .code_count = e.code_count, .const_count = e.const_count,
                                   .leaf_count = planting->planted_count + e.beside_count, .root_count = root_count,
                                   .ops = e.ops, .values = e.values, .consts = e.consts, .codes = e.codes,
                                   .roots = codes},
                        .beside = e.beside, .beside_count = e.beside_count};
    for (uint32_t k = 0; k < e.count; k++)
        sg_free(e.stretches[k].places);
    sg_free(e.stretches);
    sg_free(e.pending);
    sg_free(e.visited);
    sg_map_free(&e.of_graph);
    sg_map_free(&e.planted);
    sg_map_free(&e.numbers);
    sg_map_free(&e.places);
    if (!done)
        sg_piece_free(piece);
    return done;
}

void sg_piece_free(sg_piece *piece)
{
    sg_record_free(&piece->record);
    sg_free(piece->beside);
    memset(piece, 0, sizeof *piece);
}
