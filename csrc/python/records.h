/* Histories as Python objects: a record is flattened to bytes, and graphs are rebuilt from them. Copies and pickles are
 * made of it. */
#ifndef SG_RECORDS_H
#define SG_RECORDS_H
#include "python/api.h"

PyObject *sg_py_flatten(PyObject *module, PyObject *const *args, Py_ssize_t n);
PyObject *sg_py_rebuild(PyObject *module, PyObject *args);

#endif
