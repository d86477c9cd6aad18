/* Pieces of graphs, as records. */
#include "tape/pieces.h"

#include <string.h>

#include "tape/memory.h"
#include "tape/operands.h"
#include "tape/stretches.h"

#define SG_NO_CODE UINT64_MAX

typedef struct {
    const sg_planting *planting;
    sg_reached_stretches reached;    /* places: positions in the record, + 1 */
    sg_map planted;          /* planted leaf -> its number */
    sg_map numbers;          /* any other leaf, or the address of a node's value -> its number */
    sg_map places;           /* the address of the value of a node before its stretch -> position in the record */
    uint8_t *ops;
    double *values, *consts;
    uint64_t *codes;
    uint64_t *operands;      /* of one node */
    sg_beside *beside;
    uint32_t op_count, op_capacity, value_capacity, code_count, code_capacity, const_count, const_capacity;
    uint32_t operand_capacity, beside_count, beside_capacity;
} extractor;

/* --- the record --------------------------------------------------------------------------------------------------- */

static int grow(extractor *e, uint32_t n)
{
    return n < SG_CONST / 2 &&
           sg_grow_array((void **)&e->ops, &e->op_capacity, e->op_count + 1, sizeof *e->ops) &&
           sg_grow_array((void **)&e->values, &e->value_capacity, e->op_count + 1, sizeof *e->values) &&
           sg_grow_array((void **)&e->codes, &e->code_capacity, e->code_count + n + 1, sizeof *e->codes);
}

/* Appends a node, with room for n operands. 0: no memory. There is room mostly, and no call is needed to see it. */
static inline int append_node(extractor *e, int op, double value, uint32_t n)
{
    if ((e->op_count == e->op_capacity || e->op_count == e->value_capacity ||
         n >= e->code_capacity - e->code_count) &&
        !grow(e, n))
        return 0;
    e->ops[e->op_count] = (uint8_t)op;
    e->values[e->op_count++] = value;
    return 1;
}

/* The code of a constant; SG_NO_CODE if memory ran out. */
static uint64_t constant_code(extractor *e, double number)
{
    if (e->const_count == e->const_capacity &&
        !sg_grow_array((void **)&e->consts, &e->const_capacity, e->const_count + 1, sizeof *e->consts))
        return SG_NO_CODE;
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

/* Where a node that depends on a planted leaf is in the record, + 1; 0: it does not depend on one. */
static uint32_t place_if_dependent(const sg_stretch *s, uint32_t index)
{
    return sg_depends(s, index) ? s->places[index - s->low] : 0;
}

/* The position of a leaf of the record that stands for node `index`, which depends on no planted leaf, or is one.
 * SG_FAILED if memory ran out. */
static uint32_t enter_beside(extractor *e, const sg_stretch *s, uint32_t index)
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
static uint32_t place_of(extractor *e, const sg_stretch *s, uint32_t index)
{
    const sg_graph *graph = s->graph;
    uint32_t place = 0;
    if (graph->op[index] == SG_LINK) {
        sg_link link = graph->links[graph->a[index]];
        place = place_if_dependent(sg_find_stretch(&e->reached, link.graph), link.index);
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
    return sg_depends(sg_find_stretch(&e->reached, link.graph), link.index);
}

/* The operands of node i. */
static uint32_t operand_at(const sg_graph *graph, uint32_t i, uint32_t k)
{
    int op = graph->op[i];
    return op == SG_BULK || sg_is_listed(op) ? sg_operand(graph, i, k) : k ? graph->b[i] : graph->a[i];
}

/* Writes node i into the record, if it depends on a planted leaf. Leaves that it uses beside come before it. 0: no
 * memory. */
static int add_node(extractor *e, const sg_stretch *s, uint32_t i)
{
    const sg_graph *graph = s->graph;
    uint8_t *state = &s->states[i - s->low];
    if (graph->op[i] == SG_LEAF || graph->op[i] == SG_LINK) {
        *state |= entry_depends(e, graph, i) ? SG_DEPENDS : 0;
        return 1;
    }
    int op = graph->op[i] == SG_ALSO ? SG_ALSO : sg_opcode(graph, i), any = 0;
    uint32_t n = op == SG_ALSO ? 1 : op < SG_FIRST_REDUCTION ? (uint32_t)sg_arity[op] : sg_operand_count(graph, i);
    for (uint32_t k = 0; k < n && !any; k++) {
        uint32_t operand = operand_at(graph, i, k);
        any = !(operand & SG_CONST) && sg_depends(s, operand);
    }
    if (!any)
        return 1;
    if (n > e->operand_capacity &&
        !sg_grow_array((void **)&e->operands, &e->operand_capacity, n, sizeof *e->operands))
        return 0;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t operand = operand_at(graph, i, k), place = SG_FAILED;
        uint64_t code = operand & SG_CONST ? constant_code(e, sg_operand_value(graph, operand))
                        : (place = place_of(e, s, operand)) == SG_FAILED ? SG_NO_CODE : place;
        if (code == SG_NO_CODE)
            return 0;
        e->operands[k] = code;
    }
    if (!append_node(e, op, graph->val[i], n))
        return 0;
    if (op >= SG_FIRST_REDUCTION)
        e->codes[e->code_count++] = n;
    for (uint32_t k = 0; k < n; k++)
        e->codes[e->code_count++] = e->operands[k];
    s->places[i - s->low] = e->op_count;
    *state |= SG_DEPENDS;
    return 1;
}

/* The code of a root, which is a constant if it depends on no planted leaf. SG_NO_CODE if memory ran out. */
static uint64_t root_code(extractor *e, sg_end root)
{
    const sg_stretch *s = root.graph ? sg_find_stretch(&e->reached, root.graph) : NULL;
    uint32_t place = place_if_dependent(s, root.index);
    uint32_t number = root.leaf ? sg_map_find(&e->planted, root.leaf) : SG_ABSENT;
    if (place)
        return place - 1;
    if (number == SG_ABSENT)
        return constant_code(e, root.number);
    if (!append_node(e, SG_LEAF, root.number, 1))
        return SG_NO_CODE;
    e->codes[e->code_count++] = number;
    return e->op_count - 1;
}

int sg_number_planted(const sg_planting *planting, sg_map *numbers)
{
    int done = sg_map_reserve(numbers, planting->planted_count);
    for (uint32_t k = 0; done && k < planting->planted_count; k++)
        if (sg_map_find(numbers, planting->planted[k]) == SG_ABSENT)
            sg_map_add(numbers, planting->planted[k], k);       /* there is room */
    return done;
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static int extract_all(extractor *e, const sg_end *roots, uint32_t root_count, uint64_t *codes)
{
    const sg_planting *planting = e->planting;
    sg_reached_stretches *reached = &e->reached;
    sg_spot *spots = sg_alloc(root_count * sizeof *spots);
    int done = spots && sg_number_planted(planting, &e->planted);
    for (uint32_t k = 0; done && k < root_count; k++)
        spots[k] = (sg_spot){roots[k].graph, roots[k].index};
    done = done && sg_reach_stretches(reached, spots, root_count);
    sg_free(spots);
    for (uint32_t k = reached->visited_count; done && k-- > 0;) {
        const sg_stretch *s = &reached->stretches[reached->visited[k]];
        for (uint32_t i = s->low; done && i < s->top; i++)
            if (s->states[i - s->low] & SG_MARKED)
                done = add_node(e, s, i);
    }
    for (uint32_t k = 0; done && k < root_count; k++)
        done = (codes[k] = root_code(e, roots[k])) != SG_NO_CODE;
    return done;
}

int sg_extract(const sg_planting *planting, const sg_end *roots, uint32_t root_count, sg_piece *piece)
{
    extractor e = {.planting = planting,
                   .reached = {.since = planting->since, .first_entry = planting->first_entry,
                               .context = planting->context}};
    uint64_t *codes = sg_alloc(root_count * sizeof *codes);
    int done = codes && extract_all(&e, roots, root_count, codes);
    *piece = (sg_piece){.record = {.count = e.op_count, .code_count = e.code_count, .const_count = e.const_count,
                                   .leaf_count = planting->planted_count + e.beside_count, .root_count = root_count,
                                   .ops = e.ops, .values = e.values, .consts = e.consts, .codes = e.codes,
                                   .roots = codes},
                        .beside = e.beside, .beside_count = e.beside_count};
    sg_stretches_free(&e.reached);
    sg_free(e.operands);
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
