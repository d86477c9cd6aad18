/* Operands of operations on arrays: how they enter the open graph. */
#include "arrays/place.h"

#include <string.h>

#include "bulk/bulk.h"
#include "python/recording.h"
#include "tape/memory.h"

/* The operand that an item stands for. */
static uint32_t operand_of_item(sg_graph *open, PyObject *item)
{
    return sg_is_node(item) ? sg_operand_of(open, (Node *)item) : sg_constant(open, PyFloat_AsDouble(item));
}

/* Enters the items of a block while they are leaves that are new to the graph, which has room for all. Returns how many
 * have entered. As sg_enter does one by one; but it counts the nodes, and sets what they have in common, at once.
 * If all items are leaves, the graph has a reference to the block instead of one to each leaf. Else it has none to the
 * block, because its other items may hold the graph. */
static uint32_t enter_leaves(sg_graph *open, Block *block)
{
    uint32_t start = open->count, first = open->leaf_count, k = 0;
    uint64_t serial = open->serial;
    sg_leaf *leaves = open->leaves + first;
    double *val = open->val + start;
    uint32_t *a = open->a + start;
    for (; k < block->count; k++) {
        Node *node = (Node *)block->items[k];
        if (!sg_is_leaf(block->items[k]) || node->entry_serial == serial)
            break;
        leaves[k] = (sg_leaf){node, start + k, 1};
        a[k] = first + k;
        val[k] = node->data;
        sg_note_leaf(open, node);
        node->entry_serial = serial;
        node->entry = start + k;
    }
    memset(open->op + start, SG_LEAF, k);
    memset(open->used + start, 0, k);
    memset(open->b + start, 0, k * sizeof *open->b);
    open->count += k;
    open->leaf_count += k;
    open->sinks += k;
    if (k == block->count) {
        Py_INCREF(block);
        open->owners[open->owner_count++] = block;
        open->lent_count += k;
    } else {
        for (uint32_t j = 0; j < k; j++) {
            Py_INCREF(block->items[j]);
            leaves[j].lent = 0;
        }
    }
    return k;
}

/* The first node of a block's items, if they are consecutive nodes of the open graph. They may be so already. Or they
 * are different leaves, all new to the graph; then all enter, provided that at least half of them are used. SG_FAILED
 * otherwise (those before one that is no new leaf have entered), and if memory ran out; then *failed is set. */
static uint32_t consecutive(sg_graph *open, Block *block, uint64_t used, int *failed)
{
    const Node *head = (const Node *)block->items[0];
    uint64_t serial = open->serial;
    int known = sg_is_node(block->items[0]) && head->entry_serial == serial;
    uint32_t start = known ? head->entry : open->count;
    if (!known && 2 * used < block->count)
        return SG_FAILED;
    for (uint32_t k = 0; known && k < block->count; k++) {
        const Node *node = (const Node *)block->items[k];
        if (!sg_is_node(block->items[k]) || node->entry_serial != serial || node->entry != start + k)
            return SG_FAILED;
    }
    if (known)
        return start;
    uint32_t leaves = open->leaf_count + block->count;
    if (!sg_reserve(open, block->count) || !sg_reserve_owner(open) ||
        !sg_grow_array((void **)&open->leaves, &open->leaf_capacity, leaves, sizeof(sg_leaf))) {
        *failed = 1;
        return SG_FAILED;
    }
    return enter_leaves(open, block) == block->count ? start : SG_FAILED;
}

/* If operands that were just listed are nodes at even distances, as when they have all just entered, makes the list a
 * span of them. */
static void span_of_list(sg_graph *open, sg_span *span, uint32_t rows, uint32_t columns)
{
    const uint32_t *list = open->args + span->start;
    uint32_t row = rows > 1 ? list[columns] - list[0] : 0, column = columns > 1 ? list[1] - list[0] : 0;
    if ((row | column) & SG_CONST)               /* a constant, or descending */
        return;
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < columns; c++)
            if (list[r * columns + c] != list[0] + r * row + c * column || list[r * columns + c] & SG_CONST)
                return;
    open->arg_count = span->start;
    *span = (sg_span){SG_NODES, list[0], row, column};
}

/* Lists the operands of an array in args[]. 0: no memory. */
static int list_operands(sg_graph *open, const sg_array *x, sg_span *span)
{
    const sg_layout *l = &x->layout;
    uint32_t rows = l->row ? l->rows : 1, columns = l->column ? l->columns : 1;
    uint32_t offset = sg_arguments(open, rows * columns);
    if (offset == SG_FAILED)
        return 0;
    *span = (sg_span){SG_LISTED, offset, l->row ? columns : 0, l->column != 0};
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < columns; c++) {
            uint32_t k = sg_position(l, r, c), operand;
            if (x->block->items)
                operand = operand_of_item(open, x->block->items[k]);
            else
                operand = sg_enter_link(open, x->block->graph, x->block->first + k, sg_block_number(x->block, k));
            if (operand == SG_FAILED)
                return 0;
            open->args[offset + r * columns + c] = operand;
        }
    span_of_list(open, span, rows, columns);
    return 1;
}

/* Copies constants into the graph. 0: no memory. */
static int copy_constants(sg_graph *open, const sg_array *x, sg_span *span)
{
    const sg_layout *l = &x->layout;
    uint32_t rows = l->row ? l->rows : 1, columns = l->column ? l->columns : 1;
    uint32_t count = open->const_count + rows * columns;
    if (!sg_grow_array((void **)&open->consts, &open->const_capacity, count, sizeof(double)))
        return 0;
    *span = (sg_span){SG_CONSTS, open->const_count, l->row ? columns : 0, l->column != 0};
    sg_block_copy(x->block, rows, columns, l->offset, l->row, l->column, open->consts + open->const_count);
    open->const_count = count;
    return 1;
}

int sg_place(sg_graph *open, const sg_array *x, sg_span *span)
{
    const sg_layout *l = &x->layout;
    Block *block = x->block;
    if (!block) {
        *span = (sg_span){SG_NONE, 0, 0, 0};
        return 1;
    }
    if (block->doubles)
        return copy_constants(open, x, span);
    uint32_t start = SG_FAILED;
    int failed = 0;
    if (block->graph == open)
        start = block->first;
    else if (block->items)
        start = consecutive(open, block, (uint64_t)l->rows * l->columns, &failed);
    if (failed)
        return 0;
    if (start != SG_FAILED) {
        *span = (sg_span){SG_NODES, start + l->offset, l->row, l->column};
        return 1;
    }
    if (block->graph)
        sg_close(block->graph);              /* another thread may be recording into it */
    return list_operands(open, x, span);
}

int sg_is_tracked(Block *block)
{
    if (!block || block->graph || block->leaf || block->tracked)
        return block != NULL;
    for (uint32_t k = 0; block->items && k < block->count; k++)
        if (!sg_is_node(block->items[k]))
            return 0;
    return block->tracked = block->items != NULL;
}

/* When operands enter, there is room for so many nodes more, such as a sum of the results and its weight: then the
 * graph grows once. */
#define SPARE 8u

sg_graph *sg_open_for(sg_thread *thread, const sg_array arrays[3], uint32_t need)
{
    int uses = 0;
    uint64_t entering = 0;
    for (int k = 0; k < 3; k++) {
        const Block *block = arrays[k].block;
        uses |= block && block->graph && block->graph == thread->open;
        if (block && block->items && sg_is_node(block->items[0]) &&
            !(thread->open && ((Node *)block->items[0])->entry_serial == thread->open->serial))
            entering += (uint64_t)arrays[k].layout.rows * arrays[k].layout.columns + SPARE;
    }
    uint64_t room = entering ? entering + sg_bulk_room(need) : need;
    return sg_open_graph(thread, uses, room < SG_CONST ? (uint32_t)room : need);
}
