/* Reductions of the rows of an array: one node per row, recorded in one crossing. */
#ifndef SG_FOLDS_H
#define SG_FOLDS_H
#include "python/api.h"

PyObject *sg_py_fold(PyObject *module, PyObject *const *args, Py_ssize_t n);

#endif
