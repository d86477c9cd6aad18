/* Reductions of the rows of an array. */
#include "arrays/rows.h"

#include <string.h>

#include "arrays/each.h"
#include "arrays/place.h"
#include "python/recording.h"
#include "arrays/view.h"
#include "table/reductions.h"
#include "tape/memory.h"
#include "tape/operands.h"

#define SG_LONG (1u << 14)   /* so many numbers take about 20 us */

static int are_long(const sg_layout *l)
{
    return (uint64_t)l->rows * l->columns >= SG_LONG;
}

/* --- numbers only ------------------------------------------------------------------------------------------------- */

/* `arrays` has the rows and, for logsumexp, the shifts, which are constants; a shift is copied in front of its row. */
static void copy_row(int op, const sg_array arrays[3], uint32_t r, double *row)
{
    const sg_layout *l = &arrays[0].layout;
    if (op == SG_LOGSUMEXP)
        *row++ = sg_block_number(arrays[1].block, sg_position(&arrays[1].layout, r, 0));
    sg_block_copy(arrays[0].block, 1, l->columns, sg_position(l, r, 0), 0, l->column, row);
}

/* The results as leaves, or as constants. Long ones are computed from a copy, without the GIL. */
static PyObject *compute_rows(int op, const sg_array arrays[3], int leaf)
{
    uint32_t rows = arrays[0].layout.rows, n = arrays[0].layout.columns + (op == SG_LOGSUMEXP);
    size_t size = (size_t)rows * n * sizeof(double);
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(rows * sizeof(double)));
    double *out = bytes ? (double *)(void *)PyBytes_AsString(bytes) : NULL, *copy = bytes ? sg_large_alloc(size) : NULL;
    if (!copy) {
        Py_XDECREF(bytes);
        return sg_no_memory();
    }
    for (uint32_t r = 0; r < rows; r++)
        copy_row(op, arrays, r, copy + (size_t)r * n);
    PyThreadState *state = are_long(&arrays[0].layout) ? PyEval_SaveThread() : NULL;
    for (uint32_t r = 0; r < rows; r++)
        out[r] = sg_reduce(op, copy + (size_t)r * n, n);
    if (state)
        PyEval_RestoreThread(state);
    sg_large_free(copy, size);
    return sg_block_of_doubles(bytes, leaf);
}

/* --- recording ---------------------------------------------------------------------------------------------------- */

/* Rows whose operands are in the open graph. */
typedef struct {
    int op;
    uint32_t rows, columns;  /* columns: of numbers, without a shift */
    sg_span span;
    uint32_t first;          /* in args[], of the operands of the first row */
} listed_rows;

/* Lists the operands of each row, one row after the other. 0: no memory. */
static int list_rows(sg_graph *open, const sg_array arrays[3], listed_rows *x)
{
    uint32_t shift = x->op == SG_LOGSUMEXP;
    uint64_t all = (uint64_t)x->rows * (x->columns + shift);
    if (!sg_place(open, &arrays[0], &x->span) || !sg_reserve(open, x->rows) || all >= SG_CONST ||
        (x->first = sg_arguments(open, (uint32_t)all)) == SG_FAILED)
        return 0;
    uint32_t *operands = open->args + x->first;
    for (uint32_t r = 0; r < x->rows; r++) {
        if (shift) {
            double number = sg_block_number(arrays[1].block, sg_position(&arrays[1].layout, r, 0));
            if ((*operands++ = sg_constant(open, number)) == SG_FAILED)
                return 0;
        }
        uint32_t start = x->span.start + r * x->span.row;
        if (x->span.kind == SG_NODES && x->span.column == 1)
            for (uint32_t c = 0; c < x->columns; c++)
                *operands++ = start + c;
        else
            for (uint32_t c = 0; c < x->columns; c++)
                *operands++ = sg_span_operand(open, &x->span, r, c);
    }
    return 1;
}

/* Computes the values behind the nodes of the graph. Needs no GIL, as sg_bulk_fill does not. */
static void fill_rows(const sg_graph *open, const listed_rows *x, double *row)
{
    uint32_t shift = x->op == SG_LOGSUMEXP, n = x->columns + shift;
    int together = x->span.kind == SG_NODES && x->span.column == 1;
    for (uint32_t r = 0; r < x->rows; r++) {
        const uint32_t *operands = open->args + x->first + r * n;
        const double *numbers = row;
        if (together && !shift)
            numbers = open->val + operands[0];
        else
            for (uint32_t k = 0; k < n; k++)
                row[k] = sg_operand_value(open, operands[k]);
        open->val[open->count + r] = sg_reduce(x->op, numbers, n);
    }
}

/* Appends the nodes, and returns the first. */
static uint32_t append_rows(sg_graph *open, const listed_rows *x)
{
    uint32_t shift = x->op == SG_LOGSUMEXP, n = x->columns + shift, first = open->count;
    for (uint32_t r = 0; r < x->rows; r++) {
        const uint32_t *operands = open->args + x->first + r * n + shift;
        if (x->span.kind == SG_NODES && x->span.column == 1)
            open->sinks -= sg_use_range(open->used + operands[0], x->columns);
        else
            for (uint32_t c = 0; c < x->columns; c++)
                sg_use(open, operands[c]);
        sg_append(open, x->op, x->first + r * n, n, open->val[open->count]);
    }
    return first;
}

/* As record_bulk does: long ones without the GIL; anew if another thread closes the graph meanwhile. */
static PyObject *record_rows(int op, sg_thread *thread, const sg_array arrays[3], double *row)
{
    listed_rows x = {.op = op, .rows = arrays[0].layout.rows, .columns = arrays[0].layout.columns};
    for (int yields = are_long(&arrays[0].layout);; yields = 0) {
        sg_graph *open = sg_open_for(thread, arrays, x.rows);
        if (!open)
            return NULL;
        open->references++;
        int listed = list_rows(open, arrays, &x);
        PyThreadState *state = listed && yields ? PyEval_SaveThread() : NULL;
        if (listed)
            fill_rows(open, &x, row);
        if (state)
            PyEval_RestoreThread(state);
        int again = listed && open->closed;
        PyObject *result = listed && !again ? sg_block_of_nodes(open, append_rows(open, &x), x.rows) : NULL;
        open->references--;
        if (!result)
            sg_drop_unused(open);
        if (!listed)
            sg_no_memory();
        if (!again)
            return result;
    }
}

/* Reads (opcode, view) and, for logsumexp, a view with one shift per row. 0 with an exception. */
static int read_rows(PyObject *const *args, Py_ssize_t n, int *op, sg_array arrays[3])
{
    *op = n > 1 ? (int)PyLong_AsLong(args[0]) : -1;
    if (*op < SG_FIRST_REDUCTION || *op >= SG_FIRST_JOINT || *op == SG_DOT || n != (*op == SG_LOGSUMEXP ? 3 : 2)) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "expected an opcode of a reduction, a view and, for logsumexp, shifts");
        return 0;
    }
    if (!sg_read_view(args[1], &arrays[0]) || (n == 3 && !sg_read_view(args[2], &arrays[1])))
        return 0;
    if (n < 3 || (arrays[1].layout.rows == arrays[0].layout.rows && arrays[1].layout.columns == 1))
        return 1;
    PyErr_SetString(PyExc_ValueError, "the shifts are a column with a number per row");
    return 0;
}

/* reduce_rows(opcode, view[, shifts]) -> a column with a reduction of each row. Rows must not be empty. logsumexp
 * takes a column of shifts, which are constants. */
PyObject *sg_py_reduce_rows(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    sg_array arrays[3] = {{NULL, {0, 0, 0, 0, 0}}};
    int op;
    sg_thread *thread = sg_thread_now();
    if (!thread || !read_rows(args, n, &op, arrays))
        return NULL;
    const sg_layout *l = &arrays[0].layout;
    int constants = arrays[0].block->doubles && !arrays[0].block->leaf;
    int each = !constants && (thread->mode & SG_WATCH || !sg_is_tracked(arrays[0].block));
    if (each || !l->rows || !l->columns)
        return sg_view_of(sg_each_row(op, &arrays[0], &arrays[1]), l->rows, 1);
    if (constants || thread->mode & SG_NO_GRAD)
        return sg_view_of(compute_rows(op, arrays, !constants), l->rows, 1);
    if (!sg_block_look(arrays[0].block))
        return NULL;
    size_t bytes = ((size_t)l->columns + 1) * sizeof(double);
    double *row = sg_large_alloc(bytes);
    PyObject *result = row ? record_rows(op, thread, arrays, row) : sg_no_memory();
    sg_large_free(row, bytes);
    return sg_view_of(result, l->rows, 1);
}

/* reduce_rows_data(opcode, view) -> like reduce_rows, but reads only the numbers: a column of constants. */
PyObject *sg_py_reduce_rows_data(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    sg_array arrays[3] = {{NULL, {0, 0, 0, 0, 0}}};
    int op;
    if (!read_rows(args, n, &op, arrays))
        return NULL;
    if (arrays[0].layout.rows && !arrays[0].layout.columns)
        return PyErr_Format(PyExc_ValueError, "a row of nothing has no reduction");
    return sg_view_of(compute_rows(op, arrays, 0), arrays[0].layout.rows, 1);
}
