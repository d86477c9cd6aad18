/* Reads the sums of leaves out of a finished sweep. */
#include "arrays/found.h"

#include "arrays/block.h"
#include "scalargrad.h"
#include "sweep/entries.h"

/* Enters the leaves of a finished sweep into its map. 0: no memory. */
static int tabulate_leaves(sg_sweep_state *sweep)
{
    if (!sweep->alone)
        return 1;
    for (uint32_t k = sweep->leaf_positions.count; k < sweep->leaf_count; k++)
        if (!sg_map_add(&sweep->leaf_positions, sweep->leaves[k].leaf, k))
            return 0;
    sweep->alone = 0;
    return 1;
}

/* The bytes of the sums for the block's items, 0.0 for an item that was not reached; None if none was. Adds to `known`
 * how many were. */
static PyObject *found_of(sg_sweep_state *sweep, PyObject *object, uint32_t *known)
{
    Block *block;
    if (!sg_read_block(object, &block))
        return NULL;
    PyObject *bytes =
        block->items ? PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(block->count * sizeof(double))) : NULL;
    double *out = bytes ? (double *)(void *)PyBytes_AsString(bytes) : NULL;
    int any = 0;
    for (uint32_t k = 0; bytes && k < block->count; k++) {
        uint32_t at = sg_map_find(&sweep->leaf_positions, block->items[k]);
        out[k] = 0.0 + (at == SG_ABSENT ? 0.0 : sweep->leaves[at].sum); /* as a commit adds to a grad of 0.0 */
        any |= at != SG_ABSENT;
        *known += at != SG_ABSENT;
    }
    if (any || PyErr_Occurred())
        return bytes;
    Py_XDECREF(bytes);
    Py_RETURN_NONE;
}

/* found(address of a report, list of blocks) -> a list: for each block, the bytes of the sums that its sweep found, or
 * None; last, whether it found other leaves. Commits nothing. */
PyObject *sg_py_found(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    if (n != 2 || !PyList_Check(args[1]))
        return PyErr_Format(PyExc_TypeError, "found(address, list of blocks)");
    const sg_report *report = (sg_report *)(uintptr_t)PyLong_AsUnsignedLongLong(args[0]);
    if (PyErr_Occurred())
        return NULL;
    sg_sweep_state *sweep = (sg_sweep_state *)report->sweep;
    if (!tabulate_leaves(sweep))
        return sg_no_memory();
    Py_ssize_t count = PyList_Size(args[1]);
    PyObject *list = PyList_New(count + 1);
    uint32_t known = 0;
    for (Py_ssize_t k = 0; list && k < count; k++) {
        PyObject *bytes = found_of(sweep, PyList_GetItem(args[1], k), &known);
        if (!bytes || PyList_SetItem(list, k, bytes) < 0)
            Py_CLEAR(list);
    }
    if (list)
        PyList_SetItem(list, count, PyBool_FromLong(sweep->cut || known != sweep->leaf_count));
    return list;
}
