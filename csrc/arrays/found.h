/* Reads the gradients of a block's leaves from a finished sweep, without a commit. */
#ifndef SG_FOUND_H
#define SG_FOUND_H
#include "python/api.h"

PyObject *sg_py_found(PyObject *module, PyObject *const *args, Py_ssize_t n);

#endif
