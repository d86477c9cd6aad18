/* Histories as Python objects. */
#include "python/records.h"

#include "python/node.h"
#include "tape/building.h"
#include "tape/memory.h"

static PyObject *bytes_from(const void *array, uint64_t count, size_t size)
{
    return PyBytes_FromStringAndSize(array, (Py_ssize_t)(count * size));
}

/* {position: label} */
static PyObject *dict_of_labels(const sg_record *r)
{
    PyObject *dict = PyDict_New();
    for (uint64_t k = 0; dict && k < r->label_count; k++) {
        PyObject *position = PyLong_FromUnsignedLongLong(r->labelled[k]);
        if (!position || PyDict_SetItem(dict, position, r->labels[k]) < 0)
            Py_CLEAR(dict);
        Py_XDECREF(position);
    }
    return dict;
}

/* flatten(*nodes) -> (ops, codes, values, grads, consts, roots, leaves, labels): bytes, a list, and, if there are
 * labels, a dict; see tape/history.h. */
PyObject *sg_py_flatten(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    sg_record r;
    if (n < 1)
        return PyErr_Format(PyExc_TypeError, "flatten: at least one node");
    for (Py_ssize_t k = 0; k < n; k++)
        if (!sg_require_interior(args[k]))
            return NULL;
    sg_root *roots = sg_alloc((size_t)n * sizeof *roots);
    for (Py_ssize_t k = 0; roots && k < n; k++) {
        const Node *node = (Node *)args[k];
        sg_close(node->graph);
        roots[k] = (sg_root){node->graph, sg_index_of(node)};
    }
    /* under the GIL: it reads adjoints that a commit would change */
    int done = roots && sg_flatten(roots, (uint64_t)n, &r);
    sg_free(roots);
    if (!done)
        return sg_no_memory();
    PyObject *leaves = PyList_New((Py_ssize_t)r.leaf_count);
    for (uint64_t k = 0; leaves && k < r.leaf_count; k++) {
        Py_INCREF((PyObject *)r.leaves[k]);
        PyList_SetItem(leaves, (Py_ssize_t)k, r.leaves[k]);
    }
    PyObject *labels = leaves && r.label_count ? dict_of_labels(&r) : NULL;
    if (r.label_count && !labels)
        Py_CLEAR(leaves);
    PyObject *result =
        leaves ? Py_BuildValue(labels ? "NNNNNNNN" : "NNNNNNN", bytes_from(r.ops, r.count, 1),
                               bytes_from(r.codes, r.code_count, 8), bytes_from(r.values, r.count, 8),
                               bytes_from(r.grads, r.count, 8), bytes_from(r.consts, r.const_count, 8),
                               bytes_from(r.roots, r.root_count, 8), leaves, labels)
               : NULL;
    sg_record_free(&r);
    return result;
}

static void incref(void *object)
{
    Py_INCREF((PyObject *)object);
}

/* Reads {position: label} into the record. 0: no memory, or *malformed. */
static int read_labels(PyObject *dict, sg_record *r, int *malformed)
{
    Py_ssize_t at = 0;
    PyObject *position, *text;
    if (dict == Py_None)
        dict = NULL;
    *malformed |= dict && !PyDict_Check(dict);
    Py_ssize_t count = dict && !*malformed ? PyDict_Size(dict) : 0;
    r->labelled = sg_alloc((size_t)count * sizeof *r->labelled);
    r->labels = sg_alloc((size_t)count * sizeof *r->labels);
    if (!r->labelled || !r->labels)
        return 0;
    while (count && PyDict_Next(dict, &at, &position, &text)) {
        uint64_t k = PyLong_Check(position) ? PyLong_AsUnsignedLongLong(position) : UINT64_MAX;
        if (PyErr_Occurred())
            PyErr_Clear();
        *malformed |= k >= r->count || !PyUnicode_Check(text);
        r->labelled[r->label_count] = k;
        r->labels[r->label_count++] = text;
    }
    return !*malformed;
}

/* A list of the roots, whose references it takes over. */
static PyObject *list_roots(const sg_root *roots, uint64_t count)
{
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (uint64_t k = 0; k < count; k++) {
        PyObject *node = list ? sg_new_interior(roots[k].graph, roots[k].index) : NULL;
        if (node)
            PyList_SetItem(list, (Py_ssize_t)k, node);
        else
            Py_CLEAR(list);
    }
    for (uint64_t k = 0; k < count; k++)
        sg_release(roots[k].graph);
    return list;
}

/* rebuild(ops, codes, values, grads, consts, roots, leaves, labels) -> a list of the roots; None for a malformed
 * record. The labels may be left out, or None. */
PyObject *sg_py_rebuild(PyObject *module, PyObject *args)
{
    (void)module;
    const char *ops, *codes, *values, *grads, *consts, *positions;
    Py_ssize_t count, code_bytes, value_bytes, grad_bytes, const_bytes, root_bytes;
    PyObject *leaves, *labels = NULL;
    for (Py_ssize_t k = 0; k < 6 && k < PyTuple_Size(args); k++)
        if (!PyBytes_Check(PyTuple_GetItem(args, k)))
            Py_RETURN_NONE;
    if (!PyArg_ParseTuple(args, "y#y#y#y#y#y#O|O", &ops, &count, &codes, &code_bytes, &values, &value_bytes, &grads,
                          &grad_bytes, &consts, &const_bytes, &positions, &root_bytes, &leaves, &labels))
        return NULL;
    if (!PyList_Check(leaves) || value_bytes != 8 * count || (grad_bytes && grad_bytes != 8 * count) ||
        code_bytes % 8 || const_bytes % 8 || root_bytes % 8 || (size_t)count >= UINT32_MAX)
        Py_RETURN_NONE;
    sg_record r = {.count = (uint64_t)count,
                   .code_count = (uint64_t)code_bytes / 8,
                   .const_count = (uint64_t)const_bytes / 8,
                   .leaf_count = (uint64_t)PyList_Size(leaves),
                   .root_count = (uint64_t)root_bytes / 8,
                   .ops = (uint8_t *)ops,
                   .values = (double *)values,
                   .grads = grad_bytes ? (double *)grads : NULL,
                   .consts = (double *)consts,
                   .codes = (uint64_t *)codes,
                   .roots = (uint64_t *)positions};
    r.leaves = sg_alloc(r.leaf_count * sizeof *r.leaves);
    sg_root *roots = sg_alloc(r.root_count * sizeof *roots);
    int malformed = 0, done = 0;
    for (uint64_t k = 0; r.leaves && k < r.leaf_count; k++) {
        PyObject *leaf = PyList_GetItem(leaves, (Py_ssize_t)k);
        malformed |= !sg_is_leaf(leaf);
        r.leaves[k] = leaf;
    }
    if (r.leaves && roots && !malformed && read_labels(labels, &r, &malformed))
        done = sg_rebuild(&r, incref, roots, &malformed);
    PyObject *result = done ? list_roots(roots, r.root_count) : NULL;
    sg_free(r.leaves);
    sg_free(r.labelled);
    sg_free(r.labels);
    sg_free(roots);
    if (!done && malformed)
        Py_RETURN_NONE;
    return done ? result : sg_no_memory();
}
