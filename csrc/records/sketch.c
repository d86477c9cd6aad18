/* Sketches of pieces. */
#include "records/sketch.h"

#include <string.h>

#include "tape/memory.h"
#include "tape/operands.h"

#define SG_SKETCHED 64u             /* graphs that a piece with a sketch may have */

/* A graph of the piece, from its first node on that may depend on a planted leaf. */
typedef struct {
    const sg_graph *graph;
    uint32_t low, end;
} stretch;

typedef struct {
    const sg_planting *planting;
    stretch stretches[SG_SKETCHED];
    uint32_t count;          /* of stretches */
    uint32_t next;           /* the planted leaf that is likely to come next */
    sg_map planted;          /* planted leaf -> its number; made when the next one is another */
    const double *numbers;
    sg_sketch *sketch;
    int outcome;             /* 1: fine so far; 0 and -1 as for sg_sketch_piece */
} sketcher;

static void give_up(sketcher *s, int outcome)
{
    s->outcome = s->outcome == 1 ? outcome : s->outcome;
}

/* Makes room for n words, so that put() cannot fail. Returns whether all is fine. */
static inline int room_for(sketcher *s, uint32_t n)
{
    sg_sketch *k = s->sketch;
    if (k->capacity - k->count < n && (n >= SG_CONST - k->count || !sg_grow_array((void **)&k->words, &k->capacity,
                                                                                  k->count + n, sizeof *k->words)))
        give_up(s, 0);
    return s->outcome == 1;
}

static inline void put(sketcher *s, uint32_t word)
{
    s->sketch->words[s->sketch->count++] = word;
}

/* A constant, by its bits behind the word SG_CONST. */
static inline void put_number(sketcher *s, double number)
{
    uint32_t bits[2];
    memcpy(bits, &number, sizeof bits);
    put(s, SG_CONST);
    put(s, bits[0]);
    put(s, bits[1]);
}

/* A node by its place in the stretch, or a constant. Takes three words at most. */
static inline void put_operand(sketcher *s, const stretch *t, uint32_t operand)
{
    if (operand & SG_CONST) {
        put_number(s, t->graph->consts[operand & ~SG_CONST]);
        return;
    }
    if (operand < t->low)
        give_up(s, -1);
    put(s, operand - t->low);
}

/* The number of a planted leaf; SG_ABSENT for any other leaf. */
static uint32_t planted_number(sketcher *s, const void *leaf)
{
    const sg_planting *p = s->planting;
    if (s->next < p->planted_count && p->planted[s->next] == leaf)
        return s->next++;
    if (!s->planted.count && !sg_number_planted(p, &s->planted)) {
        give_up(s, 0);
        return SG_ABSENT;
    }
    uint32_t number = sg_map_find(&s->planted, leaf);
    s->next = number == SG_ABSENT ? s->next : number + 1;
    return number;
}

static void put_leaf(sketcher *s, const void *leaf, double value)
{
    uint32_t number = planted_number(s, leaf);
    if (number == SG_ABSENT || memcmp(&s->numbers[number], &value, sizeof value))
        give_up(s, -1);
    put(s, number);
}

/* The stretch of a graph, which may be new. SG_SKETCHED: there are too many. */
static uint32_t find_stretch(sketcher *s, const sg_graph *graph)
{
    uint32_t k = 0;
    while (k < s->count && s->stretches[k].graph != graph)
        k++;
    if (k == s->count && k < SG_SKETCHED) {
        const sg_planting *p = s->planting;
        uint32_t low = p->first_entry(p->context, graph);
        for (uint32_t i = 0; i < graph->link_count; i++)
            if (graph->links[i].graph->closed > p->since && graph->links[i].entry < low)
                low = graph->links[i].entry;
        s->stretches[s->count++] = (stretch){graph, low, graph->count};
    }
    return k;
}

/* A node of any graph. Takes two words. */
static void put_place(sketcher *s, const sg_graph *graph, uint32_t index)
{
    uint32_t k = find_stretch(s, graph);
    if (k == SG_SKETCHED || index < s->stretches[k].low) {
        give_up(s, -1);
        return;
    }
    put(s, k);
    put(s, index - s->stretches[k].low);
}

static void put_link(sketcher *s, const sg_link *link)
{
    if (link->graph->closed > s->planting->since)
        put_place(s, link->graph, link->index);
    else
        give_up(s, -1);
}

static void put_span(sketcher *s, const stretch *t, const sg_bulk *bulk, int k)
{
    const sg_span *span = &bulk->operands[k];
    uint32_t rows, columns;
    sg_bulk_extent(bulk, k, &rows, &columns);
    rows = span->row ? rows : 1;
    columns = span->column ? columns : 1;
    int each = span->kind == SG_CONSTS || span->kind == SG_LISTED;
    if (each && (uint64_t)rows * columns >= SG_CONST / 4)
        give_up(s, -1);
    if (!room_for(s, 4 + (each ? 3 * rows * columns : 0)))
        return;
    put(s, span->kind);
    put(s, span->row);
    put(s, span->column);
    if (span->kind == SG_NODES)
        put_operand(s, t, span->start);
    for (uint32_t r = 0; each && r < rows; r++)
        for (uint32_t c = 0; c < columns; c++)
            put_operand(s, t, sg_span_operand(t->graph, span, r, c));
}

static void put_bulk(sketcher *s, const stretch *t, const sg_bulk *bulk)
{
    if (bulk->first < t->low)
        give_up(s, -1);
    if (!room_for(s, 5))
        return;
    put(s, SG_BULK);
    put(s, (uint32_t)bulk->op);
    put(s, bulk->rows);
    put(s, bulk->columns);
    put(s, bulk->inner);
    for (int k = 0; k < 3 && s->outcome == 1; k++)
        put_span(s, t, bulk, k);
}

/* Sketches node i, and those of its bulk. Returns how many these are. */
static uint32_t put_node(sketcher *s, const stretch *t, uint32_t i)
{
    const sg_graph *graph = t->graph;
    int op = graph->op[i];
    if (op == SG_BULK) {
        const sg_bulk *bulk = &graph->bulks[graph->a[i]];
        put_bulk(s, t, bulk);
        return bulk->rows * bulk->columns;
    }
    int is_listed = sg_is_listed(op);
    uint32_t n = is_listed ? graph->b[i] : 2;
    if (n >= SG_CONST / 4)
        give_up(s, -1);
    if (!room_for(s, 2 + 3 * n))
        return 1;
    put(s, (uint32_t)op);
    if (op == SG_LEAF)
        put_leaf(s, graph->leaves[graph->a[i]].leaf, graph->val[i]);
    else if (op == SG_LINK)
        put_link(s, &graph->links[graph->a[i]]);
    else if (op == SG_ALSO)
        put_operand(s, t, graph->a[i]);
    else if (is_listed) {
        put(s, n);
        for (uint32_t k = 0; k < n; k++)
            put_operand(s, t, graph->args[graph->a[i] + k]);
    } else {
        put_operand(s, t, graph->a[i]);
        if (sg_arity[op] == 2)
            put_operand(s, t, graph->b[i]);
    }
    return 1;
}

/* A root that is a number depends on no leaf, whatever it is. */
static void put_root(sketcher *s, const sg_end *root)
{
    if (!room_for(s, 3))
        return;
    put(s, root->graph ? 2 : root->leaf != NULL);
    if (root->graph)
        put_place(s, root->graph, root->index);
    else if (root->leaf)
        put_leaf(s, root->leaf, root->number);
}

int sg_sketch_piece(const sg_planting *planting, const sg_end *roots, uint32_t root_count, const double *numbers,
                    sg_sketch *sketch)
{
    sketcher s = {.planting = planting, .numbers = numbers, .sketch = sketch, .outcome = 1};
    memset(sketch, 0, sizeof *sketch);
    for (uint32_t k = 0; k < root_count && s.outcome == 1; k++)
        put_root(&s, &roots[k]);
    for (uint32_t k = 0; k < s.count && s.outcome == 1; k++) {
        stretch t = s.stretches[k];
        for (uint32_t i = t.low; i < t.end && s.outcome == 1;)
            i += put_node(&s, &t, i);
        if (room_for(&s, 1))
            put(&s, UINT32_MAX);                 /* the end of the stretch */
    }
    sg_map_free(&s.planted);
    return s.outcome;
}

void sg_sketch_free(sg_sketch *sketch)
{
    sg_large_free(sketch->words, sketch->capacity * sizeof *sketch->words);
    memset(sketch, 0, sizeof *sketch);
}
