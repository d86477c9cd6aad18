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

/* found(address of a report, list of blocks) -> the bytes of the sums that its sweep found for the items of the blocks,
 * one after the other, 0.0 for an item that was not reached; and whether it reached other leaves. Commits nothing. */
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
    Py_ssize_t count = 0, lists = PyList_Size(args[1]);
    Block *block;
    for (Py_ssize_t j = 0; j < lists; j++) {
        if (!sg_read_block(PyList_GetItem(args[1], j), &block))
            return NULL;
        count += block->count;
    }
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, count * (Py_ssize_t)sizeof(double));
    if (!bytes)
        return NULL;
    double *out = (double *)(void *)PyBytes_AsString(bytes);
    uint32_t known = 0;
    for (Py_ssize_t j = 0; j < lists; j++) {
        block = (Block *)PyList_GetItem(args[1], j);
        for (uint32_t k = 0; k < block->count; k++) {
            uint32_t at = block->items ? sg_map_find(&sweep->leaf_positions, block->items[k]) : SG_ABSENT;
            *out++ = 0.0 + (at == SG_ABSENT ? 0.0 : sweep->leaves[at].sum); /* as a commit adds to a grad of 0.0 */
            known += at != SG_ABSENT;
        }
    }
    return Py_BuildValue("NO", bytes, sweep->cut || known != sweep->leaf_count ? Py_True : Py_False);
}
