/* Reads the sums of leaves out of a finished sweep. */
#include "arrays/found.h"

#include "arrays/block.h"
#include "scalargrad.h"
#include "sweep/entries.h"

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
            uint32_t at = block->items ? sg_leaf_position(sweep, block->items[k]) : SG_ABSENT;
            *out++ = 0.0 + (at == SG_ABSENT ? 0.0 : sweep->leaves[at].sum); /* as a commit adds to a grad of 0.0 */
            known += at != SG_ABSENT;
        }
    }
    if (sweep->exhausted) {
        Py_DECREF(bytes);
        return sg_no_memory();
    }
    return Py_BuildValue("NO", bytes, sweep->cut || known != sweep->leaf_count ? Py_True : Py_False);
}
