/* Graphs as Python sees them, and the commit: what a sweep has computed without the GIL is stored here, under it. */
#include "python/graphs.h"

#include "python/node.h"
#include "scalargrad.h"
#include "sweep/sweep.h"
#include "tape/operands.h"

/* --- reading nodes ------------------------------------------------------------------------------------------------ */

/* key(node) -> (serial number of the graph, index), or None for a leaf. */
PyObject *sg_py_key(PyObject *module, PyObject *object)
{
    (void)module;
    if (!sg_is_node(object) || sg_is_leaf(object))
        Py_RETURN_NONE;
    const Node *node = (Node *)object;
    return Py_BuildValue("KI", (unsigned long long)node->graph->serial, sg_index_of(node));
}

/* seal(node) -> (address of its graph, index). Closes the graph. */
PyObject *sg_py_seal(PyObject *module, PyObject *object)
{
    (void)module;
    if (!sg_require_interior(object))
        return NULL;
    Node *node = (Node *)object;
    sg_close(node->graph);
    return Py_BuildValue("KI", (unsigned long long)(uintptr_t)node->graph, sg_index_of(node));
}

/* opcode(node) */
PyObject *sg_py_opcode(PyObject *module, PyObject *object)
{
    (void)module;
    if (!sg_is_node(object) || sg_is_leaf(object))
        return PyLong_FromLong(SG_LEAF);
    return PyLong_FromLong(sg_opcode(((Node *)object)->graph, sg_index_of((Node *)object)));
}

static PyObject *operand_object(sg_graph *graph, uint32_t operand)
{
    if (operand & SG_CONST)
        return PyFloat_FromDouble(sg_operand_value(graph, operand));
    if (graph->op[operand] == SG_LEAF) {
        PyObject *leaf = graph->leaves[graph->a[operand]].leaf;
        Py_INCREF(leaf);
        return leaf;
    }
    if (graph->op[operand] == SG_LINK) {
        sg_link link = graph->links[graph->a[operand]];
        return sg_new_interior(link.graph, link.index);
    }
    return sg_new_interior(graph, operand);
}

/* operands(node) -> list: leaves themselves, new handles for interior nodes, floats for constants. */
PyObject *sg_py_operands(PyObject *module, PyObject *object)
{
    (void)module;
    if (!sg_require_interior(object))
        return NULL;
    const Node *node = (Node *)object;
    uint32_t n = sg_operand_count(node->graph, sg_index_of(node));
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (uint32_t k = 0; list && k < n; k++) {
        PyObject *item = operand_object(node->graph, sg_operand(node->graph, sg_index_of(node), k));
        if (!item)
            Py_CLEAR(list);
        else
            PyList_SetItem(list, (Py_ssize_t)k, item);
    }
    return list;
}

/* operand_values(node) -> list: their numbers, as they were when the operation was recorded. */
PyObject *sg_py_operand_values(PyObject *module, PyObject *object)
{
    (void)module;
    if (!sg_require_interior(object))
        return NULL;
    const Node *node = (Node *)object;
    uint32_t n = sg_operand_count(node->graph, sg_index_of(node));
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (uint32_t k = 0; list && k < n; k++) {
        uint32_t operand = sg_operand(node->graph, sg_index_of(node), k);
        PyObject *item = PyFloat_FromDouble(sg_operand_value(node->graph, operand));
        if (!item)
            Py_CLEAR(list);
        else
            PyList_SetItem(list, (Py_ssize_t)k, item);
    }
    return list;
}

/* place(node) -> which result of a joint operation it is; 0 for any other node. */
PyObject *sg_py_place(PyObject *module, PyObject *object)
{
    (void)module;
    if (!sg_is_node(object) || sg_is_leaf(object))
        return PyLong_FromLong(0);
    const Node *node = (Node *)object;
    return PyLong_FromUnsignedLong(sg_index_of(node) - sg_first_result(node->graph, sg_index_of(node)));
}

/* partials(node) -> tuple: the derivative by each operand. None for a reduction; empty for a leaf. */
PyObject *sg_py_partials(PyObject *module, PyObject *object)
{
    (void)module;
    if (!sg_is_node(object) || sg_is_leaf(object))
        return PyTuple_New(0);
    const Node *node = (Node *)object;
    const sg_graph *graph = node->graph;
    uint32_t index = sg_index_of(node);
    int op = sg_opcode(graph, index), arity = op < SG_FIRST_REDUCTION ? sg_arity[op] : 0;
    if (!arity)
        Py_RETURN_NONE;
    double x[3] = {0.0, 0.0, 0.0};
    for (int k = 0; k < arity; k++)
        x[k] = sg_operand_value(graph, sg_operand(graph, index, (uint32_t)k));
    PyObject *tuple = PyTuple_New(arity);
    for (int k = 0; tuple && k < arity; k++) {
        PyObject *item = PyFloat_FromDouble(sg_partial(op, k, x[0], x[1], x[2], node->data));
        if (!item)
            Py_CLEAR(tuple);
        else
            PyTuple_SetItem(tuple, k, item);
    }
    return tuple;
}

/* add_grad(leaf, amount): backward from a leaf. */
PyObject *sg_py_add_grad(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *object;
    double amount;
    if (!PyArg_ParseTuple(args, "Od", &object, &amount))
        return NULL;
    if (!sg_is_leaf(object)) {
        PyErr_SetString(PyExc_TypeError, "expected a leaf");
        return NULL;
    }
    ((Node *)object)->grad += amount;
    Py_RETURN_NONE;
}

/* --- commit ------------------------------------------------------------------------------------------------------- */

/* commit(address of a report): stores the adjoints of its sweep, and frees the sweep. It cannot fail or be
 * interrupted. */
PyObject *sg_py_commit(PyObject *module, PyObject *address)
{
    (void)module;
    sg_report *report = (sg_report *)(uintptr_t)PyLong_AsUnsignedLongLong(address);
    if (PyErr_Occurred())
        return NULL;
    sg_sweep_state *sweep = (sg_sweep_state *)report->sweep;
    sg_commit_graphs(sweep);
    for (uint32_t k = 0; k < sweep->leaf_count; k++)
        ((Node *)sweep->leaves[k].leaf)->grad += sweep->leaves[k].sum;
    sg_discard(report);
    Py_RETURN_NONE;
}
