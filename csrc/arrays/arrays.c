/* Operations on whole arrays. They are recorded in bulk, or element by element (each.c): under detect_anomaly, and if
 * all operands of an element may be constants. Of constants alone they are computed in bulk, and not recorded.
 *
 * Long ones are computed without the GIL. Their operands are in the open graph by then, or copied. Other threads can
 * close the graph meanwhile, because they use one of its Values. Then nothing may be appended to it any more, and the
 * operation is recorded anew, in the thread's next graph, with the GIL. */
#include "arrays/arrays.h"

#include "bulk/bulk.h"
#include "arrays/each.h"
#include "arrays/place.h"
#include "python/recording.h"
#include "arrays/view.h"
#include "table/reductions.h"
#include "tape/memory.h"

/* Copies the numbers of arrays into one allocation, to compute outside a graph. NULL if memory ran out. */
static double *copy_numbers(const sg_array arrays[3], sg_source sources[3], size_t *size)
{
    size_t count = 0;
    for (int k = 0; k < 3; k++)
        count += arrays[k].block ? (size_t)arrays[k].layout.rows * arrays[k].layout.columns : 0;
    double *space = sg_large_alloc(*size = count * sizeof *space), *at = space;
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

/* Whether an operation takes so long, about 20 us, that other threads should run meanwhile. */
static int is_long(const sg_bulk *bulk)
{
    uint64_t each = bulk->op == SG_DOT ? bulk->inner : 4;
    return each * bulk->rows * bulk->columns >= 1u << 16;
}

/* The results as leaves, or as constants. */
static PyObject *compute_only(const sg_bulk *bulk, const sg_array arrays[3], int leaf)
{
    sg_source sources[3];
    size_t size;
    size_t count = (size_t)bulk->rows * bulk->columns;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(count * sizeof(double)));
    double *space = bytes ? copy_numbers(arrays, sources, &size) : NULL;
    double *out = space ? (double *)(void *)PyBytes_AsString(bytes) : NULL;
    PyThreadState *state = space && is_long(bulk) ? PyEval_SaveThread() : NULL;
    int done = space && sg_bulk_compute(bulk, sources, out);
    if (state)
        PyEval_RestoreThread(state);
    if (!done) {
        Py_CLEAR(bytes);
        sg_no_memory();
    }
    if (space)
        sg_large_free(space, size);
    return sg_block_of_doubles(bytes, leaf);
}

static int are_constants(const sg_array arrays[3])
{
    for (int k = 0; k < 3; k++)
        if (arrays[k].block && (!arrays[k].block->doubles || arrays[k].block->leaf))
            return 0;
    return 1;
}

static int look_at_all(const sg_array arrays[3])
{
    for (int k = 0; k < 3; k++)
        if (arrays[k].block && !sg_block_look(arrays[k].block))
            return 0;
    return 1;
}

/* Appends a bulk whose operands are in the graph. Returns the first node, or SG_FAILED: no memory, or another thread
 * has closed the graph. With `yields`, other threads may run. */
static uint32_t append_bulk(sg_graph *open, sg_bulk bulk, int yields)
{
    if (!sg_bulk_reserve(open, &bulk))
        return SG_FAILED;
    PyThreadState *state = yields && is_long(&bulk) ? PyEval_SaveThread() : NULL;
    int done = sg_bulk_fill(open, &bulk);
    if (state)
        PyEval_RestoreThread(state);
    return done && !open->closed ? sg_bulk_append(open, bulk) : SG_FAILED;
}

/* The length of the run of consecutive nodes in a list of operands. */
static uint32_t run_length(const uint32_t *operands, uint32_t count)
{
    uint32_t n = 1;
    while (n < count && !(operands[0] & SG_CONST) && operands[n] == operands[0] + n)
        n++;
    return n;
}

/* Appends a function of listed operands, such as the parameters of several layers. If runs of consecutive nodes are
 * long, it appends one bulk per run, because these go through the kernels. */
static uint32_t append_runs(sg_graph *open, sg_bulk bulk, int yields)
{
    const sg_span *span = &bulk.operands[0];
    uint32_t count = bulk.rows * bulk.columns, start = span->start, runs = 0, first = open->count;
    int flat = span->column == 1 && (bulk.rows == 1 || span->row == bulk.columns);
    if (sg_arity[bulk.op] != 1 || span->kind != SG_LISTED || !flat)
        return append_bulk(open, bulk, yields);
    for (uint32_t k = 0; k < count; runs++)
        k += run_length(open->args + start + k, count - k);
    if (16 * runs > count || !sg_reserve(open, count))
        return append_bulk(open, bulk, yields);
    for (uint32_t k = 0, n; k < count; k += n) {
        n = run_length(open->args + start + k, count - k);
        sg_bulk part = {.rows = 1, .columns = n, .op = bulk.op, .operands = {{SG_NODES, open->args[start + k], 0, 1}}};
        if (append_bulk(open, part, yields) == SG_FAILED)
            return SG_FAILED;
    }
    return first;
}

/* Places the operands in the open graph, and appends the bulk. Returns the first node, or SG_FAILED. */
static uint32_t place_and_append(sg_graph *open, sg_bulk bulk, const sg_array arrays[3], int yields)
{
    for (int k = 0; k < 3; k++)
        if (!sg_place(open, &arrays[k], &bulk.operands[k]))
            return SG_FAILED;
    if (bulk.op == SG_DOT && arrays[2].block && (bulk.one = sg_constant(open, 1.0)) == SG_FAILED)
        return SG_FAILED;
    return append_runs(open, bulk, yields);
}

static PyObject *record_bulk(sg_thread *thread, sg_bulk bulk, const sg_array arrays[3])
{
    uint64_t count = (uint64_t)bulk.rows * bulk.columns;
    if (thread->mode & SG_NO_GRAD)
        return compute_only(&bulk, arrays, 1);
    if (!look_at_all(arrays))
        return NULL;
    for (int yields = 1;; yields = 0) {
        sg_graph *open = sg_open_for(thread, arrays, (uint32_t)count);
        if (!open)
            return NULL;
        open->references++;                  /* other threads may drop all its handles */
        uint32_t first = place_and_append(open, bulk, arrays, yields);
        PyObject *result = first == SG_FAILED ? NULL : sg_block_of_nodes(open, first, (uint32_t)count);
        int again = yields && first == SG_FAILED && open->closed;
        open->references--;
        if (!result)
            sg_drop_unused(open);
        if (!result && first == SG_FAILED && !again)
            sg_no_memory();
        if (!again)
            return result;
    }
}

/* Whether an operation is carried out in bulk: 1 or 0, or -1 with an exception. */
static int is_bulk(const sg_thread *thread, const sg_bulk *bulk, const sg_array arrays[3])
{
    uint64_t count = (uint64_t)bulk->rows * bulk->columns;
    if (count >= SG_CONST / 2) {
        PyErr_Format(PyExc_MemoryError, "%u x %u results are more than a graph has room for", bulk->rows,
                     bulk->columns);
        return -1;
    }
    if (!count || (bulk->op == SG_DOT && !bulk->inner))
        return 0;
    if (are_constants(arrays))
        return 1;
    if (thread->mode & SG_WATCH)
        return 0;
    return sg_is_tracked(arrays[0].block) || sg_is_tracked(arrays[1].block) || sg_is_tracked(arrays[2].block);
}

/* Carries out an operation on arrays. Returns a block of the results, or NULL with an exception. */
static PyObject *carry_out(sg_bulk bulk, const sg_array arrays[3])
{
    sg_thread *thread = sg_thread_now();
    int together = thread ? is_bulk(thread, &bulk, arrays) : -1;
    if (together && (together < 0 || are_constants(arrays)))
        return together < 0 ? NULL : compute_only(&bulk, arrays, 0);
    if (together)
        return record_bulk(thread, bulk, arrays);
    return bulk.op == SG_DOT ? sg_each_product(arrays) : sg_each_element(bulk.op, sg_arity[bulk.op], arrays);
}

/* Broadcasts along an axis: updates the common length. 0: the lengths differ, and neither is 1. */
static int fit(uint32_t *length, uint32_t other)
{
    if (*length == 1)
        *length = other;
    return other == *length || other == 1;
}

/* Reads an operand, with a reference to its block: a view, or the float of a constant. 0 with an exception. */
static int read_operand(PyObject *object, sg_array *array)
{
    if (!PyFloat_CheckExact(object)) {
        int read = sg_read_view(object, array);
        if (read)
            Py_INCREF(array->block);
        return read;
    }
    double number = PyFloat_AsDouble(object);
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)&number, sizeof number);
    *array = (sg_array){(Block *)sg_block_of_doubles(bytes, 0), {1, 1, 0, 1, 1}};
    return array->block != NULL;
}

/* The results of operands that have been read, in a common shape. */
static PyObject *together(sg_bulk bulk, sg_array arrays[3])
{
    for (int k = 0; k < sg_arity[bulk.op]; k++)
        if (!fit(&bulk.rows, arrays[k].layout.rows) || !fit(&bulk.columns, arrays[k].layout.columns))
            return PyErr_Format(PyExc_ValueError, "the shapes do not fit");
    uint32_t rows = bulk.rows, columns = bulk.columns;
    for (int k = 0; k < sg_arity[bulk.op]; k++) {
        sg_layout *l = &arrays[k].layout;
        uint32_t row = l->rows == rows ? l->row : 0, column = l->columns == columns ? l->column : 0;
        *l = (sg_layout){rows, columns, l->offset, row, column};
        if (columns == 1)                        /* as one row, because the kernels run along rows */
            *l = (sg_layout){1, rows, l->offset, 0, row};
    }
    if (columns == 1) {
        bulk.rows = 1;
        bulk.columns = rows;
    }
    return sg_view_of(carry_out(bulk, arrays), rows, columns);
}

/* elementwise(opcode, operands) -> a view of the results. An operand is a view, which repeats its only row or column,
 * or a float, a constant. */
PyObject *sg_py_elementwise(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    sg_bulk bulk = {.rows = 1, .columns = 1};
    sg_array arrays[3] = {{NULL, {0, 0, 0, 0, 0}}};
    bulk.op = n > 1 ? (int)PyLong_AsLong(args[0]) : -1;
    if (bulk.op < SG_FIRST || bulk.op >= SG_FIRST_REDUCTION || n != 1 + sg_arity[bulk.op])
        return PyErr_Occurred() ? NULL
                                : PyErr_Format(PyExc_TypeError, "elementwise: unknown opcode, or not its operands");
    int read = 0;
    while (read < sg_arity[bulk.op] && read_operand(args[1 + read], &arrays[read]))
        read++;
    PyObject *results = read < sg_arity[bulk.op] ? NULL : together(bulk, arrays);
    while (read-- > 0)
        Py_DECREF(arrays[read].block);
    return results;
}

/* product(left, right, bias or None) -> a view of the sums bias[c] + left[r][0] * right[0][c] + ..., from left to
 * right. The arguments are views. Empty sums are leaves. */
PyObject *sg_py_product(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    sg_array arrays[3] = {{NULL, {0, 0, 0, 0, 0}}};
    if (n != 3)
        return PyErr_Format(PyExc_TypeError, "product(left, right, bias or None)");
    if (!sg_read_view(args[0], &arrays[0]) || !sg_read_view(args[1], &arrays[1]) ||
        (args[2] != Py_None && !sg_read_view(args[2], &arrays[2])))
        return NULL;
    const sg_layout *left = &arrays[0].layout, *right = &arrays[1].layout, *bias = &arrays[2].layout;
    if (left->columns != right->rows || (arrays[2].block && (bias->rows != 1 || bias->columns != right->columns)))
        return PyErr_Format(PyExc_ValueError, "the shapes do not fit");
    sg_bulk bulk = {.op = SG_DOT, .rows = left->rows, .inner = left->columns, .columns = right->columns};
    return sg_view_of(carry_out(bulk, arrays), bulk.rows, bulk.columns);
}

/* plain_product(left, right, bias or None) -> the product, or None if it has a sum other than the plain one, because a
 * term or the sum on its way over- or underflowed. */
PyObject *sg_py_plain_product(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    unsigned before = sg_sums_formed_anew;
    PyObject *found = sg_py_product(module, args, n);
    if (!found || before == sg_sums_formed_anew)
        return found;
    Py_DECREF(found);
    Py_RETURN_NONE;
}
