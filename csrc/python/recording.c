/* Recording: opens and closes the thread's graph. */
#include "python/recording.h"

void sg_drop_unused(sg_graph *open)
{
    if (open && open->references == 0) {
        open->references = 1;
        sg_release(open);
    }
}

/* Whether a large open graph must be closed before an operation; `uses` says whether the operation uses one of its
 * nodes. `_rolls_over` in pure/tape.py has the reason. */
static int rolls_over(sg_graph *open, int uses)
{
    if (open->count < SG_GRAPH_NODES)
        return 0;
    if (uses)
        return open->count >= SG_GRAPH_MOST;
    if (open->count < SG_GRAPH_WATCHED && open->references < open->fewest_handles)
        open->fewest_handles = open->references;
    return open->count >= SG_GRAPH_MOST ||
           (open->count >= SG_GRAPH_WATCHED && open->references <= open->fewest_handles);
}

sg_graph *sg_open_graph(sg_thread *thread, int uses, uint32_t need)
{
    if (thread->open && rolls_over(thread->open, uses))
        sg_close(thread->open);
    if (!thread->open && sg_open(&thread->open))
        thread->open->references = 0;
    if (thread->open && sg_reserve(thread->open, need))
        return thread->open;
    sg_drop_unused(thread->open);
    sg_no_memory();
    return NULL;
}

sg_graph *sg_open_graph_for(sg_thread *thread, int n, const sg_number *operands)
{
    int uses = 0;
    for (int k = 0; k < n && !uses; k++)
        uses = operands[k].node && thread->open && sg_graph_of(operands[k].node) == thread->open;
    return sg_open_graph(thread, uses, (uint32_t)n + 1);
}

PyObject *sg_watch(PyObject *result, int op, int n, const sg_number *operands)
{
    PyObject *tuple = PyTuple_New(n);
    for (int k = 0; tuple && k < n; k++) {
        PyObject *item = operands[k].node ? (PyObject *)operands[k].node : PyFloat_FromDouble(operands[k].value);
        if (!item) {
            Py_CLEAR(tuple);
            break;
        }
        if (operands[k].node)
            Py_INCREF(item);
        PyTuple_SetItem(tuple, k, item);
    }
    PyObject *code = PyLong_FromLong(op);
    PyObject *told = tuple && code ? PyObject_CallFunctionObjArgs(sg_python.recorded, result, code, tuple, NULL) : NULL;
    Py_XDECREF(tuple);
    Py_XDECREF(code);
    if (!told)
        Py_CLEAR(result);
    Py_XDECREF(told);
    return result;
}

uint32_t sg_enter(sg_graph *open, Node *node)
{
    uint32_t entry;
    if (!sg_graph_of(node)) {
        entry = sg_enter_leaf(open, node, node->data);
        if (entry != SG_FAILED) {
            Py_INCREF(node);
            sg_note_leaf(open, node);
        }
    } else {
        sg_close(node->graph);        /* another thread may record into it, and opens a new one then */
        entry = sg_enter_link(open, node->graph, sg_index_of(node), node->data);
    }
    if (entry != SG_FAILED) {
        node->entry_serial = open->serial;
        node->entry = entry;
    }
    return entry;
}
