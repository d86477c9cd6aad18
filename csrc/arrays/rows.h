/* Reductions of the rows of an array: one node per row, recorded in one call from Python. */
#ifndef SG_ROWS_H
#define SG_ROWS_H
#include "python/api.h"

PyObject *sg_py_reduce_rows(PyObject *module, PyObject *const *args, Py_ssize_t n);
PyObject *sg_py_reduce_rows_data(PyObject *module, PyObject *const *args, Py_ssize_t n);

#endif
