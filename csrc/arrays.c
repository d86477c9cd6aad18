/* Recording in bulk: one crossing from Python for an operation on whole arrays. Each function gives a Block, or None where
 * Python is to go element by element: in a context that watches, and where nothing or not enough is tracked. */
#include "block.h"
#include "reduce.h"
#include "scalargrad.h"

typedef struct {
    Block *block;            /* NULL: no such operand */
    sg_layout layout;
} array;

static inline uint32_t position(const sg_layout *l, uint32_t r, uint32_t c)
{
    return l->offset + r * l->row + c * l->column;
}

/* --- operands in the open graph ---------------------------------------------------------------------------------------- */

/* The operand that an item stands for. */
static uint32_t resolve(sg_graph *open, PyObject *item)
{
    if (!sg_is_node(item))
        return sg_constant(open, PyFloat_AsDouble(item));
    Node *node = (Node *)item;
    return node->entry_serial == open->serial ? node->entry : sg_enter(open, node);
}

/* Where the items of a block stand in the open graph as consecutive nodes: they do already, or they are leaves, all new there
 * and different, and all enter, if at least half of them are about to be used. SG_FAILED otherwise, or, *failed, when memory
 * ran out. */
static uint32_t consecutive(sg_graph *open, const Block *block, uint64_t used, int *failed)
{
    const Node *head = (const Node *)block->items[0];
    uint64_t serial = open->serial;
    int known = sg_is_node(block->items[0]) && head->entry_serial == serial;
    uint32_t start = known ? head->entry : open->count;
    if (!known && 2 * used < block->count)
        return SG_FAILED;
    for (uint32_t k = 0; k < block->count; k++) {
        const Node *node = (const Node *)block->items[k];
        if (!sg_is_node(block->items[k]) || (node->entry_serial == serial) != known ||
            (known ? node->entry != start + k : node->graph != NULL))
            return SG_FAILED;
    }
    if (known)
        return start;
    if (!sg_reserve(open, block->count) ||
        !sg_grow_array((void **)&open->leaves, &open->leaf_capacity, open->leaf_count + block->count, sizeof(sg_leaf))) {
        *failed = 1;
        return SG_FAILED;
    }
    for (uint32_t k = 0; k < block->count; k++) {
        Node *node = (Node *)block->items[k];
        if (node->entry_serial == serial)    /* it is in the block twice */
            return SG_FAILED;
        open->leaves[open->leaf_count] = (sg_leaf){node, start + k};
        sg_append(open, SG_LEAF, open->leaf_count++, 0, node->data);
        sg_note_leaf(open, node);
        node->entry_serial = serial;
        node->entry = start + k;
    }
    return start;
}

/* Lists the operands of an array in args[]. 0: no memory. */
static int list(sg_graph *open, const array *x, sg_span *span)
{
    const sg_layout *l = &x->layout;
    uint32_t rows = l->row ? l->rows : 1, columns = l->column ? l->columns : 1;
    uint32_t offset = sg_arguments(open, rows * columns);
    if (offset == SG_FAILED)
        return 0;
    *span = (sg_span){SG_LISTED, offset, l->row ? columns : 0, l->column != 0, 1};
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < columns; c++) {
            uint32_t k = position(l, r, c), operand;
            if (x->block->items)
                operand = resolve(open, x->block->items[k]);
            else
                operand = sg_enter_link(open, x->block->graph, x->block->first + k, sg_block_number(x->block, k));
            if (operand == SG_FAILED)
                return 0;
            open->args[offset + r * columns + c] = operand;
            span->tracked &= !(operand & SG_CONST);
        }
    return 1;
}

/* Copies constants into the graph. 0: no memory. */
static int copy_constants(sg_graph *open, const array *x, sg_span *span)
{
    const sg_layout *l = &x->layout;
    uint32_t rows = l->row ? l->rows : 1, columns = l->column ? l->columns : 1;
    if (!sg_grow_array((void **)&open->consts, &open->const_capacity, open->const_count + rows * columns, sizeof(double)))
        return 0;
    *span = (sg_span){SG_CONSTS, open->const_count, l->row ? columns : 0, l->column != 0, 0};
    sg_block_copy(x->block, rows, columns, l->offset, l->row, l->column, open->consts + open->const_count);
    open->const_count += rows * columns;
    return 1;
}

/* Where an array's elements stand in the open graph; they enter it if they are new there. 0: no memory. */
static int place(sg_graph *open, const array *x, sg_span *span)
{
    const sg_layout *l = &x->layout;
    const Block *block = x->block;
    if (!block) {
        *span = (sg_span){SG_NONE, 0, 0, 0, 0};
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
        *span = (sg_span){SG_NODES, start + l->offset, l->row, l->column, 1};
        return 1;
    }
    if (block->graph)
        sg_close(block->graph);              /* another thread may be recording into it */
    return list(open, x, span);
}

/* --- operations ------------------------------------------------------------------------------------------------------------ */

/* The numbers of arrays without a graph: copied together. NULL without memory. */
static double *copy_numbers(const array arrays[3], sg_source sources[3], size_t *size)
{
    size_t count = 0;
    for (int k = 0; k < 3; k++)
        count += arrays[k].block ? (size_t)arrays[k].layout.rows * arrays[k].layout.columns : 0;
    double *space = sg_block_alloc(*size = count * sizeof *space), *at = space;
    for (int k = 0; space && k < 3; k++) {
        const sg_layout *l = &arrays[k].layout;
        sources[k] = (sg_source){NULL, 0, 0};
        if (!arrays[k].block)
            continue;
        sources[k] = (sg_source){at, l->columns, 1};
        sg_block_copy(arrays[k].block, l->rows, l->columns, l->offset, l->row, l->column, at);
        at += (size_t)l->rows * l->columns;
    }
    return space;
}

static PyObject *compute_only(const sg_bulk *bulk, const array arrays[3])
{
    sg_source sources[3];
    size_t size;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)((size_t)bulk->rows * bulk->columns * sizeof(double)));
    double *space = bytes ? copy_numbers(arrays, sources, &size) : NULL;
    if (!space || !sg_bulk_compute(bulk, sources, (double *)(void *)PyBytes_AsString(bytes))) {
        Py_CLEAR(bytes);
        PyErr_NoMemory();
    }
    if (space)
        sg_block_free(space, size);
    return sg_block_of_doubles(bytes, 1);
}

static int looked_at(const array arrays[3])
{
    for (int k = 0; k < 3; k++)
        if (arrays[k].block && !sg_block_look(arrays[k].block))
            return 0;
    return 1;
}

/* Whether all items are Values. */
static int is_tracked(const Block *block)
{
    if (!block || block->graph || block->leaf)
        return block != NULL;
    for (uint32_t k = 0; block->items && k < block->count; k++)
        if (!sg_is_node(block->items[k]))
            return 0;
    return block->items != NULL;
}

/* The thread's open graph for an operation on arrays. NULL with an exception. */
static sg_graph *open_for(sg_thread *thread, const array arrays[3], uint32_t need)
{
    int uses = 0;
    for (int k = 0; k < 3; k++)
        uses |= arrays[k].block && arrays[k].block->graph && arrays[k].block->graph == thread->open;
    return sg_open_graph(thread, uses, need);
}

/* The length of the run of consecutive nodes in a list of operands. */
static uint32_t run_length(const uint32_t *operands, uint32_t count)
{
    uint32_t n = 1;
    while (n < count && !(operands[0] & SG_CONST) && operands[n] == operands[0] + n)
        n++;
    return n;
}

/* Appends a function of listed operands, such as the parameters of several layers: a bulk for each run of consecutive nodes,
 * if runs are long, since those go through the kernels. */
static uint32_t append_runs(sg_graph *open, sg_bulk bulk)
{
    const sg_span *span = &bulk.operands[0];
    uint32_t count = bulk.rows * bulk.columns, start = span->start, runs = 0, first = open->count;
    int flat = span->column == 1 && (bulk.rows == 1 || span->row == bulk.columns);
    if (sg_arity[bulk.op] != 1 || span->kind != SG_LISTED || !flat)
        return sg_bulk_append(open, bulk);
    for (uint32_t k = 0; k < count; runs++)
        k += run_length(open->args + start + k, count - k);
    if (16 * runs > count || !sg_reserve(open, count))
        return sg_bulk_append(open, bulk);
    for (uint32_t k = 0, n; k < count; k += n) {
        n = run_length(open->args + start + k, count - k);
        sg_bulk part = {.rows = 1, .columns = n, .op = bulk.op, .operands = {{SG_NODES, open->args[start + k], 0, 1, 1}}};
        if (sg_bulk_append(open, part) == SG_FAILED)
            return SG_FAILED;
    }
    return first;
}

static PyObject *record(sg_bulk bulk, const array arrays[3])
{
    sg_thread *thread = sg_thread_now();
    uint64_t count = (uint64_t)bulk.rows * bulk.columns;
    if (!thread)
        return NULL;
    if (count >= SG_CONST / 2)
        return PyErr_Format(PyExc_MemoryError, "%u x %u results are more than a graph has room for", bulk.rows, bulk.columns);
    if (thread->mode & SG_WATCH || !count)
        Py_RETURN_NONE;
    if (!is_tracked(arrays[0].block) && !is_tracked(arrays[1].block) && !is_tracked(arrays[2].block))
        Py_RETURN_NONE;                      /* an element may be of constants alone: then it is one */
    if (thread->mode & SG_NO_GRAD)
        return compute_only(&bulk, arrays);
    if (!looked_at(arrays))
        return NULL;
    sg_graph *open = open_for(thread, arrays, (uint32_t)count);
    if (!open)
        return NULL;
    PyObject *result = NULL;
    uint32_t first = SG_FAILED;
    int placed = 1;
    for (int k = 0; placed && k < 3; k++)
        placed = place(open, &arrays[k], &bulk.operands[k]);
    if (placed && bulk.op == SG_DOT && arrays[2].block)
        placed = (bulk.one = sg_constant(open, 1.0)) != SG_FAILED;
    if (placed)
        first = append_runs(open, bulk);
    if (first == SG_FAILED)
        PyErr_NoMemory();
    else
        result = sg_block_of_nodes(open, first, (uint32_t)count);
    if (!result)
        sg_drop_unused(open);
    return result;
}

static int read_size(PyObject *object, uint32_t *size)
{
    long read = PyLong_AsLong(object);
    *size = (uint32_t)read;
    if (read >= 0 && read < INT32_MAX)
        return 1;
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "a size is too large");
    return 0;
}

/* elementwise(opcode, rows, columns, block, offset, row, column, ... for each operand) */
PyObject *sg_py_elementwise(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    sg_bulk bulk = {0};
    array arrays[3] = {{NULL, {0, 0, 0, 0, 0}}};
    bulk.op = n > 3 ? (int)PyLong_AsLong(args[0]) : -1;
    if (bulk.op < SG_FIRST || bulk.op >= SG_FIRST_REDUCTION || n != 3 + 4 * sg_arity[bulk.op])
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "elementwise: unknown opcode, or not its operands");
    if (!read_size(args[1], &bulk.rows) || !read_size(args[2], &bulk.columns))
        return NULL;
    for (int k = 0; k < sg_arity[bulk.op]; k++)
        if (!sg_read_layout(args + 3 + 4 * k, bulk.rows, bulk.columns, &arrays[k].block, &arrays[k].layout))
            return NULL;
    return record(bulk, arrays);
}

/* product(rows, inner, columns, left..., right..., bias... or None), each of block, offset, row, column */
PyObject *sg_py_product(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    sg_bulk bulk = {0};
    array arrays[3] = {{NULL, {0, 0, 0, 0, 0}}};
    if (n != 11 && n != 15)
        return PyErr_Format(PyExc_TypeError, "product: three sizes, and two or three operands");
    bulk.op = SG_DOT;
    if (!read_size(args[0], &bulk.rows) || !read_size(args[1], &bulk.inner) || !read_size(args[2], &bulk.columns) ||
        !sg_read_layout(args + 3, bulk.rows, bulk.inner, &arrays[0].block, &arrays[0].layout) ||
        !sg_read_layout(args + 7, bulk.inner, bulk.columns, &arrays[1].block, &arrays[1].layout) ||
        (n == 15 && !sg_read_layout(args + 11, 1, bulk.columns, &arrays[2].block, &arrays[2].layout)))
        return NULL;
    if (!bulk.inner)
        Py_RETURN_NONE;
    return record(bulk, arrays);
}

/* --- reductions: a node a row ------------------------------------------------------------------------------------------------- */

/* arrays: the rows, and of logsumexp the shifts, constants. */
static double reduce_row(int op, const array arrays[3], uint32_t r, double *row)
{
    const sg_layout *l = &arrays[0].layout;
    uint32_t shift = op == SG_LOGSUMEXP;
    if (shift)
        row[0] = sg_block_number(arrays[1].block, position(&arrays[1].layout, r, 0));
    sg_block_copy(arrays[0].block, 1, l->columns, position(l, r, 0), 0, l->column, row + shift);
    return sg_reduce(op, row, l->columns + shift);
}

/* Appends the node of row r. 0: no memory. */
static int append_row(sg_graph *open, int op, const sg_span *span, const array arrays[3], uint32_t r, double *row)
{
    uint32_t shift = op == SG_LOGSUMEXP, columns = arrays[0].layout.columns, n = columns + shift;
    double value = reduce_row(op, arrays, r, row);
    uint32_t offset = sg_arguments(open, n);
    if (offset == SG_FAILED || (shift && (open->args[offset] = sg_constant(open, row[0])) == SG_FAILED))
        return 0;
    for (uint32_t c = 0; c < columns; c++) {
        uint32_t operand = sg_span_operand(open, span, r, c);
        open->args[offset + shift + c] = operand;
        sg_use(open, operand);
    }
    sg_append(open, op, offset, n, value);
    return 1;
}

static PyObject *fold_only(int op, const array arrays[3], double *row, int leaf)
{
    uint32_t rows = arrays[0].layout.rows;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(rows * sizeof(double)));
    for (uint32_t r = 0; bytes && r < rows; r++)
        ((double *)(void *)PyBytes_AsString(bytes))[r] = reduce_row(op, arrays, r, row);
    return sg_block_of_doubles(bytes, leaf);
}

static PyObject *fold(int op, sg_thread *thread, const array arrays[3], double *row)
{
    uint32_t rows = arrays[0].layout.rows;
    sg_span span;
    sg_graph *open = open_for(thread, arrays, rows);
    if (!open)
        return NULL;
    PyObject *result = NULL;
    int done = place(open, &arrays[0], &span) && sg_reserve(open, rows);
    uint32_t first = open->count;
    for (uint32_t r = 0; done && r < rows; r++)
        done = append_row(open, op, &span, arrays, r, row);
    if (done)
        result = sg_block_of_nodes(open, first, rows);
    else
        PyErr_NoMemory();
    if (!result)
        sg_drop_unused(open);
    return result;
}

/* fold(opcode, constant, rows, columns, block, offset, row, column): a reduction of each row; with `constant` its number
 * alone. logsumexp takes its shifts too: shifts, offset, row, column, of a block of constants. */
PyObject *sg_py_fold(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    array arrays[3] = {{NULL, {0, 0, 0, 0, 0}}};
    uint32_t rows, columns;
    int op = n > 2 ? (int)PyLong_AsLong(args[0]) : -1, constant = n > 2 ? (int)PyLong_AsLong(args[1]) : 0;
    if (op < SG_FIRST_REDUCTION || op >= SG_OPCODES || op == SG_DOT || n != (op == SG_LOGSUMEXP ? 12 : 8))
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "fold: an opcode of a reduction and an array");
    if (!read_size(args[2], &rows) || !read_size(args[3], &columns) ||
        !sg_read_layout(args + 4, rows, columns, &arrays[0].block, &arrays[0].layout) ||
        (n == 12 && !sg_read_layout(args + 8, rows, 1, &arrays[1].block, &arrays[1].layout)))
        return NULL;
    sg_thread *thread = sg_thread_now();
    if (!thread)
        return NULL;
    int only = constant || thread->mode & SG_NO_GRAD;
    if (!rows || !columns || (!constant && thread->mode & SG_WATCH))
        Py_RETURN_NONE;
    if (!constant && !is_tracked(arrays[0].block))
        Py_RETURN_NONE;
    if (!only && !sg_block_look(arrays[0].block))
        return NULL;
    double *row = sg_alloc(((size_t)columns + 1) * sizeof *row);
    PyObject *result = !row ? PyErr_NoMemory() : only ? fold_only(op, arrays, row, !constant) : fold(op, thread, arrays, row);
    sg_free(row);
    return result;
}
