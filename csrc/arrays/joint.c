/* Operations on a matrix that have several results. They are computed from a copy of the operands' numbers, long ones
 * without the GIL, and recorded afterwards. */
#include "arrays/joint.h"

#include <string.h>

#include "arrays/place.h"
#include "arrays/view.h"
#include "bulk/joint.h"
#include "python/recording.h"
#include "tape/memory.h"
#include "tape/operands.h"

#define SG_LONG_ROWS 32   /* the elimination of so many takes about 20 us */

/* An operation: a matrix and, for solve, its right side; numbers[0] is then the number of rows. */
typedef struct {
    int op;
    uint32_t n, count;       /* of operands and results */
    sg_array arrays[3];
    double *numbers;         /* one allocation: the operands' numbers, then the results */
} joint;

static int has_node(const sg_array *x)
{
    const Block *block = x->block;
    if (!block || block->graph || block->leaf)
        return block != NULL;
    for (uint32_t r = 0; block->items && r < x->layout.rows; r++)
        for (uint32_t c = 0; c < x->layout.columns; c++)
            if (sg_is_node(block->items[sg_position(&x->layout, r, c)]))
                return 1;
    return 0;
}

/* Writes the operands of an array to args[], from *at on, which it moves. */
static void write_operands(sg_graph *open, const sg_layout *l, const sg_span *span, uint32_t *at)
{
    for (uint32_t r = 0; r < l->rows; r++)
        for (uint32_t c = 0; c < l->columns; c++, ++*at) {
            open->args[*at] = sg_span_operand(open, span, r, c);
            sg_use(open, open->args[*at]);
        }
}

/* Appends all results. Returns the first node, or SG_FAILED. */
static uint32_t append_results(sg_graph *open, const joint *j)
{
    sg_span spans[2];
    uint32_t one = 0, offset, at, arrays = j->op == SG_SOLVE ? 2 : 1;
    for (uint32_t k = 0; k < arrays; k++)
        if (!sg_place(open, &j->arrays[k], &spans[k]))
            return SG_FAILED;
    if ((j->op == SG_SOLVE && (one = sg_constant(open, j->numbers[0])) == SG_FAILED) ||
        (offset = at = sg_arguments(open, j->n)) == SG_FAILED || !sg_reserve(open, j->count))
        return SG_FAILED;
    if (j->op == SG_SOLVE)
        open->args[at++] = one;
    for (uint32_t k = 0; k < arrays; k++)
        write_operands(open, &j->arrays[k].layout, &spans[k], &at);
    const double *results = j->numbers + j->n;
    uint32_t first = sg_append(open, j->op, offset, j->n, results[0]);
    for (uint32_t k = 1; k < j->count; k++) {
        sg_use(open, first);
        sg_append(open, SG_ALSO, first, 0, results[k]);
    }
    return first;
}

static PyObject *record_results(sg_thread *thread, const joint *j)
{
    sg_graph *open = sg_open_for(thread, j->arrays, j->count);
    if (!open)
        return NULL;
    PyObject *result = NULL;
    uint32_t first = append_results(open, j);
    if (first == SG_FAILED)
        sg_no_memory();
    else
        result = sg_block_of_nodes(open, first, j->count);
    if (!result)
        sg_drop_unused(open);
    return result;
}

static void copy_operands(const joint *j)
{
    double *at = j->numbers;
    if (j->op == SG_SOLVE)
        *at++ = j->arrays[0].layout.rows;
    for (int k = 0; k < 2 && j->arrays[k].block; k++) {
        const sg_layout *l = &j->arrays[k].layout;
        sg_block_copy(j->arrays[k].block, l->rows, l->columns, l->offset, l->row, l->column, at);
        at += (size_t)l->rows * l->columns;
    }
}

/* Whether the operands still have the numbers that were copied, to the bit. */
static int are_as_copied(const joint *j)
{
    const double *at = j->numbers + (j->op == SG_SOLVE);
    for (int k = 0; k < 2 && j->arrays[k].block; k++)
        for (uint32_t r = 0; r < j->arrays[k].layout.rows; r++)
            for (uint32_t c = 0; c < j->arrays[k].layout.columns; c++, at++) {
                double x = sg_block_number(j->arrays[k].block, sg_position(&j->arrays[k].layout, r, c));
                if (memcmp(&x, at, sizeof x))
                    return 0;
            }
    return 1;
}

/* Computes the results, long ones without the GIL. If they are to be recorded, and another thread has set a leaf
 * meanwhile, they are computed anew, with it: the graph must have the numbers that they were computed from. */
static sg_outcome compute(const joint *j, int recorded)
{
    for (int yields = j->arrays[0].layout.rows >= SG_LONG_ROWS;; yields = 0) {
        copy_operands(j);
        PyThreadState *state = yields ? PyEval_SaveThread() : NULL;
        sg_outcome outcome = sg_joint_values(j->op, j->numbers, j->n, j->numbers + j->n);
        if (state)
            PyEval_RestoreThread(state);
        if (!state || !recorded || are_as_copied(j))
            return outcome;
    }
}

static PyObject *evaluate(sg_thread *thread, joint *j)
{
    int nodes = has_node(&j->arrays[0]) || has_node(&j->arrays[1]);
    int recorded = nodes && !(thread->mode & SG_NO_GRAD);
    for (int k = 0; recorded && k < 2; k++)
        if (j->arrays[k].block && !sg_block_look(j->arrays[k].block))
            return NULL;
    sg_outcome outcome = compute(j, recorded);
    if (outcome == SG_NO_MEMORY)
        return sg_no_memory();
    if (outcome == SG_NOT_FINITE)
        Py_RETURN_NONE;
    PyObject *block;
    if (recorded)
        block = record_results(thread, j);
    else
        block = sg_block_of_doubles(PyBytes_FromStringAndSize((const char *)(j->numbers + j->n),
                                                              (Py_ssize_t)(j->count * sizeof(double))),
                                    nodes);
    return sg_view_of(block, 1, j->count);
}

/* joint(opcode, matrix[, right side]) -> a row of all results; None if it has none, because the matrix is singular, or
 * not positive definite. The arguments are views. */
PyObject *sg_py_joint(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    joint j = {.op = n > 1 ? (int)PyLong_AsLong(args[0]) : -1};
    if (j.op < SG_FIRST_JOINT || j.op >= SG_ALSO || n != (j.op == SG_SOLVE ? 3 : 2))
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "joint: unknown opcode, or not its operands");
    for (Py_ssize_t k = 1; k < n; k++)
        if (!sg_read_view(args[k], &j.arrays[k - 1]))
            return NULL;
    const sg_layout *left = &j.arrays[0].layout, *right = &j.arrays[1].layout;
    uint64_t operands = (uint64_t)left->rows * left->columns;
    if (j.op == SG_SOLVE)
        operands += 1 + (uint64_t)right->rows * right->columns;
    if (!left->rows || left->rows != left->columns ||
        (j.op == SG_SOLVE && (right->rows != left->rows || !right->columns)))
        return PyErr_Format(PyExc_ValueError, "the shapes do not fit");
    if (operands >= SG_CONST / 2)
        return PyErr_Format(PyExc_MemoryError, "%u x %u numbers are more than a graph has room for", left->rows,
                            left->columns);
    j.n = (uint32_t)operands;
    j.count = (uint32_t)sg_joint_count(j.op, j.n, left->rows);
    sg_thread *thread = sg_thread_now();
    size_t bytes = ((size_t)j.n + j.count) * sizeof *j.numbers;
    if (!thread || !(j.numbers = sg_large_alloc(bytes)))
        return thread ? sg_no_memory() : NULL;
    PyObject *result = evaluate(thread, &j);
    sg_large_free(j.numbers, bytes);
    return result;
}
