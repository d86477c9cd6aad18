/* Histories as Python objects. */
#include "python/records.h"

#include "python/node.h"
#include "tape/history.h"
#include "tape/memory.h"

static PyObject *bytes_from(const void *array, uint64_t count, size_t size)
{
    return PyBytes_FromStringAndSize(array, (Py_ssize_t)(count * size));
}

/* flatten(node) -> (ops, codes, values, grads, consts, leaves): five bytes objects and a list; see tape/history.h. */
PyObject *sg_py_flatten(PyObject *module, PyObject *object)
{
    (void)module;
    if (!sg_require_interior(object))
        return NULL;
    Node *node = (Node *)object;
    sg_record r;
    sg_close(node->graph);
    if (!sg_flatten(node->graph, node->index, &r))   /* under the GIL, because a commit changes the adjoints */
        return PyErr_NoMemory();
    PyObject *leaves = PyList_New((Py_ssize_t)r.leaf_count);
    for (uint64_t k = 0; leaves && k < r.leaf_count; k++) {
        Py_INCREF((PyObject *)r.leaves[k]);
        PyList_SetItem(leaves, (Py_ssize_t)k, r.leaves[k]);
    }
    PyObject *result =
        leaves ? Py_BuildValue("NNNNNN", bytes_from(r.ops, r.count, 1), bytes_from(r.codes, r.code_count, 8),
                               bytes_from(r.values, r.count, 8), bytes_from(r.grads, r.count, 8),
                               bytes_from(r.consts, r.const_count, 8), leaves)
               : NULL;
    sg_record_free(&r);
    return result;
}

static void incref_leaf(void *leaf)
{
    Py_INCREF((PyObject *)leaf);
}

/* rebuild(ops, codes, values, grads, consts, leaves) -> the root; None for a malformed record. */
PyObject *sg_py_rebuild(PyObject *module, PyObject *args)
{
    (void)module;
    const char *ops, *codes, *values, *grads, *consts;
    Py_ssize_t count, code_bytes, value_bytes, grad_bytes, const_bytes;
    PyObject *leaves;
    for (Py_ssize_t k = 0; k < 5 && k < PyTuple_Size(args); k++)
        if (!PyBytes_Check(PyTuple_GetItem(args, k)))
            Py_RETURN_NONE;
    if (!PyArg_ParseTuple(args, "y#y#y#y#y#O", &ops, &count, &codes, &code_bytes, &values, &value_bytes, &grads,
                          &grad_bytes, &consts, &const_bytes, &leaves))
        return NULL;
    if (!PyList_Check(leaves) || value_bytes != 8 * count || grad_bytes != 8 * count || code_bytes % 8 ||
        const_bytes % 8 || count >= UINT32_MAX)
        Py_RETURN_NONE;
    sg_record r = {.count = (uint64_t)count,
                   .code_count = (uint64_t)code_bytes / 8,
                   .const_count = (uint64_t)const_bytes / 8,
                   .leaf_count = (uint64_t)PyList_Size(leaves),
                   .ops = (uint8_t *)ops,
                   .values = (double *)values,
                   .grads = (double *)grads,
                   .consts = (double *)consts,
                   .codes = (uint64_t *)codes};
    r.leaves = sg_alloc(r.leaf_count * sizeof *r.leaves);
    if (!r.leaves)
        return PyErr_NoMemory();
    int malformed = 0;
    for (uint64_t k = 0; k < r.leaf_count; k++) {
        PyObject *leaf = PyList_GetItem(leaves, (Py_ssize_t)k);
        malformed |= !sg_is_node(leaf) || ((Node *)leaf)->graph;
        r.leaves[k] = leaf;
    }
    uint32_t index = 0;
    sg_graph *graph = malformed ? NULL : sg_rebuild(&r, incref_leaf, &index, &malformed);
    sg_free(r.leaves);
    if (!graph && malformed)
        Py_RETURN_NONE;
    PyObject *root = graph ? sg_new_interior(graph, index) : PyErr_NoMemory();
    if (graph)
        sg_release(graph);
    return root;
}
