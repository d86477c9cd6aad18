/* Pieces recorded again. */
#include "python/replays.h"

#include <string.h>

#include "python/derivatives.h"
#include "python/recording.h"
#include "tape/memory.h"
#include "tape/replaying.h"

/* The operand that stands for a Value. A leaf whose data was set since enters with the number that was captured. */
static uint32_t enter_captured(sg_graph *open, void *object, double captured)
{
    Node *node = object;
    if (sg_graph_of(node) || memcmp(&node->data, &captured, sizeof captured) == 0)
        return sg_operand_of(open, node);
    uint32_t entry = sg_enter_leaf(open, node, captured);
    if (entry != SG_FAILED) {
        sg_note_leaf(open, node);
        open->twins = 1;
    }
    return entry;
}

/* A new reference to what is in the place of root k. NULL with an exception. */
static PyObject *root_object(const sg_replayed *roots, uint64_t k, PyObject *list, PyObject *inputs)
{
    PyObject *known;
    switch (roots[k].kind) {
    case SG_ROOT_LEAF:
        known = PyList_GetItem(inputs, (Py_ssize_t)roots[k].index);
        Py_XINCREF(known);
        return known;
    case SG_ROOT_NODE:
        return sg_new_interior(roots[k].graph, roots[k].index);
    case SG_ROOT_UNRECORDED:
        for (uint64_t j = 0; j < k; j++)      /* the same node is the same leaf */
            if (roots[j].kind == SG_ROOT_UNRECORDED && roots[j].index == roots[k].index) {
                known = PyList_GetItem(list, (Py_ssize_t)j);
                Py_XINCREF(known);
                return known;
            }
        return sg_new_leaf(roots[k].number);
    default:
        return PyFloat_FromDouble(roots[k].number);
    }
}

static PyObject *list_replayed(const sg_replayed *roots, uint64_t count, PyObject *inputs)
{
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (uint64_t k = 0; list && k < count; k++) {
        PyObject *item = root_object(roots, k, list, inputs);
        if (item)
            PyList_SetItem(list, (Py_ssize_t)k, item);
        else
            Py_CLEAR(list);
    }
    for (uint64_t k = 0; k < count; k++)
        if (roots[k].kind == SG_ROOT_NODE)
            sg_release(roots[k].graph);
    return list;
}

/* Whether an input is a node of the thread's open graph; fills in the Values among the inputs. */
static int read_inputs(const sg_thread *thread, PyObject *inputs, void **leaves, uint64_t count)
{
    int uses = 0;
    for (uint64_t k = 0; k < count; k++) {
        PyObject *input = PyList_GetItem(inputs, (Py_ssize_t)k);
        leaves[k] = sg_is_node(input) ? input : NULL;
        uses |= leaves[k] && thread->open && sg_graph_of((Node *)input) == thread->open;
    }
    return uses;
}

/* replay(record, inputs) -> a list of the roots; None for a malformed record, or too few inputs. */
PyObject *sg_py_replay(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *object, *inputs;
    sg_record record;
    sg_thread *thread = sg_thread_now();
    if (!thread || !PyArg_ParseTuple(args, "OO!", &object, &PyList_Type, &inputs))
        return NULL;
    if (!sg_read_record(object, &record) || record.leaf_count > (uint64_t)PyList_Size(inputs) ||
        record.leaf_count >= SG_CONST || record.count >= SG_CONST)
        Py_RETURN_NONE;
    sg_replayed *roots = sg_alloc(record.root_count * sizeof *roots);
    record.leaves = sg_alloc(record.leaf_count * sizeof *record.leaves);
    int done = 0;
    if (roots && record.leaves) {
        int uses = read_inputs(thread, inputs, record.leaves, record.leaf_count);
        if (thread->open && !sg_open_graph(thread, uses, 1))         /* a large one may be closed now */
            PyErr_Clear();
        done = sg_replay_record(&(sg_replay){&record, &thread->open, thread->mode & SG_NO_GRAD, enter_captured},
                                roots);
        sg_drop_unused(thread->open);
    }
    PyObject *list = done == 1 ? list_replayed(roots, record.root_count, inputs) : NULL;
    sg_free(record.leaves);
    sg_free(roots);
    if (done < 0)
        Py_RETURN_NONE;
    return done ? list : sg_no_memory();
}
