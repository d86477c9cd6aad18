/* Reads the sums of leaves out of a finished sweep. */
#include "arrays/found.h"

#include "arrays/block.h"
#include "scalargrad.h"
#include "sweep/entries.h"

/* The numbers in a list of blocks, or -1 with an exception. */
static Py_ssize_t count_of(PyObject *blocks)
{
    Py_ssize_t count = 0;
    for (Py_ssize_t k = 0; k < PyList_Size(blocks); k++) {
        Block *block;
        if (!sg_read_block(PyList_GetItem(blocks, k), &block))
            return -1;
        count += block->count;
    }
    return count;
}

/* Writes the sums of the blocks' items, 0.0 for an item that was not reached; `out` may be NULL. Returns whether any
 * was reached. */
static int write_sums(sg_sweep_state *sweep, PyObject *blocks, double *out)
{
    int any = 0;
    for (Py_ssize_t j = 0; j < PyList_Size(blocks); j++) {
        const Block *block = (Block *)PyList_GetItem(blocks, j);
        for (uint32_t k = 0; k < block->count; k++) {
            uint32_t at = block->items ? sg_leaf_position(sweep, block->items[k]) : SG_ABSENT;
            any |= at != SG_ABSENT;
            if (out)
                *out++ = 0.0 + (at == SG_ABSENT ? 0.0 : sweep->leaves[at].sum); /* as a commit adds to a grad of 0.0 */
        }
    }
    return any;
}

/* found(address of a report, list of blocks, list of others) -> the bytes of the sums that its sweep found for the
 * items of the blocks, one after the other; None if it reached an item of the others. Commits nothing. */
PyObject *sg_py_found(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    if (n != 3 || !PyList_Check(args[1]) || !PyList_Check(args[2]))
        return PyErr_Format(PyExc_TypeError, "found(address, list of blocks, list of others)");
    const sg_report *report = (sg_report *)(uintptr_t)PyLong_AsUnsignedLongLong(args[0]);
    if (PyErr_Occurred())
        return NULL;
    Py_ssize_t count = count_of(args[1]);
    if (count < 0 || count_of(args[2]) < 0)
        return NULL;
    sg_sweep_state *sweep = (sg_sweep_state *)report->sweep;
    if (write_sums(sweep, args[2], NULL))
        Py_RETURN_NONE;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, count * (Py_ssize_t)sizeof(double));
    if (bytes)
        write_sums(sweep, args[1], (double *)(void *)PyBytes_AsString(bytes));
    if (!sweep->exhausted)
        return bytes;
    Py_XDECREF(bytes);
    return sg_no_memory();
}
