/* Histories as Python objects: flattens a history to bytes, and rebuilds graphs from them, for copies and pickles. */
#ifndef SG_RECORDS_H
#define SG_RECORDS_H
#include "python/api.h"

PyObject *sg_py_flatten(PyObject *module, PyObject *const *args, Py_ssize_t n);
PyObject *sg_py_rebuild(PyObject *module, PyObject *args);

#endif
