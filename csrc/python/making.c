/* Value(data), and a node by hand: Value(data, children, local_grads). It is recorded as the reduction `custom`, whose
 * operands are its value, then pairs of a child and the partial by it. */
#include "python/making.h"

#include "python/labels.h"
#include "python/recording.h"
#include "tape/memory.h"
#include "tape/operands.h"

#define FEW 8        /* children whose operands need no allocation */

static PyObject *item_of(PyObject *sequence, Py_ssize_t k)
{
    return PyTuple_CheckExact(sequence) ? PyTuple_GetItem(sequence, k) : PyList_GetItem(sequence, k);
}

static Py_ssize_t length_of(PyObject *sequence)
{
    return PyTuple_CheckExact(sequence)  ? PyTuple_Size(sequence)
           : PyList_CheckExact(sequence) ? PyList_Size(sequence)
                                         : -1;
}

/* Reads the parts of n children into operands[1 + 2 * n]. 0: one of them is nothing plain. Runs no Python code. */
static int read_parts(PyObject *data, PyObject *children, PyObject *local_grads, Py_ssize_t n, sg_number *operands)
{
    operands[0].node = NULL;
    if (!sg_read_plain(data, &operands[0].value))
        return 0;
    for (Py_ssize_t k = 0; k < n; k++) {
        PyObject *child = item_of(children, k);
        sg_number *operand = &operands[1 + 2 * k], *partial = operand + 1;
        operand->node = sg_is_node(child) ? (Node *)child : NULL;
        partial->node = NULL;
        if (!(operand->node || sg_read_plain(child, &operand->value)) ||
            !sg_read_plain(item_of(local_grads, k), &partial->value))
            return 0;
    }
    return 1;
}

static int set_leaf(Node *self, double data)
{
    if (sg_graph_of(self)) {
        sg_refuse_data(sg_opcode(self->graph, sg_index_of(self)));
        return -1;
    }
    self->data = data;
    self->entry_serial = 0;
    return 0;
}

/* Makes a leaf the handle of the node of the operands, if it is new: else a graph may have it as a leaf. 0 with an
 * exception. */
static int become_node(sg_thread *thread, Node *self, int n, const sg_number *operands, int new)
{
    PyObject *name, *attribute;
    Py_ssize_t at = 0;
    if (!new) {
        sg_refuse_data(SG_LEAF);
        return 0;
    }
    if (self->attributes && PyDict_Next(self->attributes, &at, &name, &attribute)) {
        sg_refuse_attribute((PyObject *)self, name);
        return 0;
    }
    Py_CLEAR(self->attributes);
    uint32_t index;
    sg_graph *open = sg_record_in(thread, SG_CUSTOM, operands[0].value, n, operands, 1, &index);
    if (open)
        sg_become_interior(self, open, index);
    return open != NULL;
}

/* Makes `self`, which is new, the node of the operands; a leaf if none of them is a Value, and under no_grad. */
static int record(Node *self, int n, const sg_number *operands)
{
    sg_thread *thread = sg_thread_now();
    int tracked = 0, new = self->entry_serial == SG_NEW;
    for (int k = 1; k < n; k += 2) {
        tracked |= operands[k].node != NULL;
        new &= operands[k].node != self;
    }
    if (!thread)
        return -1;
    if (!tracked || sg_graph_of(self))
        return set_leaf(self, operands[0].value);
    if (thread->mode & SG_NO_GRAD)
        set_leaf(self, operands[0].value);
    else if (!become_node(thread, self, n, operands, new))
        return -1;
    if (!(thread->mode & SG_WATCH))
        return 0;
    Py_INCREF(self);
    PyObject *result = sg_watch((PyObject *)self, SG_CUSTOM, n, operands);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

/* The same for parts that have been read or not. 1: made; 0: Python must read the parts; -1: an exception. */
static int make(PyObject *self, PyObject *data, PyObject *children, PyObject *local_grads)
{
    sg_number few[1 + 2 * FEW], *operands = few;
    Py_ssize_t n = length_of(children);
    if (n < 0 || n > INT32_MAX / 2 - 1 || length_of(local_grads) != n)
        return 0;
    if (n > FEW && !(operands = sg_alloc((size_t)(1 + 2 * n) * sizeof *operands))) {
        sg_no_memory();
        return -1;
    }
    int made = read_parts(data, children, local_grads, n, operands);
    if (made && record((Node *)self, (int)(1 + 2 * n), operands) < 0)
        made = -1;
    if (operands != few)
        sg_free(operands);
    return made;
}

int sg_init_node(PyObject *self, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t n = kwargs ? 0 : PyTuple_Size(args);
    double data;
    if (n == 1 && sg_read_plain(PyTuple_GetItem(args, 0), &data))
        return set_leaf((Node *)self, data);
    if (n == 3) {
        int made = make(self, PyTuple_GetItem(args, 0), PyTuple_GetItem(args, 1), PyTuple_GetItem(args, 2));
        if (made)
            return made < 0 ? -1 : 0;
    }
    PyObject *parts = PyObject_Call(sg_python.construct, args, kwargs);   /* data, children, local_grads, label */
    if (!parts)
        return -1;
    PyObject *text = PyTuple_GetItem(parts, 3);
    int made = make(self, PyTuple_GetItem(parts, 0), PyTuple_GetItem(parts, 1), PyTuple_GetItem(parts, 2));
    if (made == 0)
        PyErr_SetString(PyExc_SystemError, "scalargrad.convert.construct returned no plain parts");
    if (made == 1 && PyUnicode_GetLength(text) && !sg_set_node_label((Node *)self, text))
        made = -1;
    Py_DECREF(parts);
    return made == 1 ? 0 : -1;
}
