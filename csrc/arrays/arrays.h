/* Operations on whole arrays, each in one call from Python: element-wise operations, and products. */
#ifndef SG_ARRAYS_H
#define SG_ARRAYS_H
#include "python/api.h"

PyObject *sg_py_elementwise(PyObject *module, PyObject *const *args, Py_ssize_t n);
PyObject *sg_py_product(PyObject *module, PyObject *const *args, Py_ssize_t n);
PyObject *sg_py_plain_product(PyObject *module, PyObject *const *args, Py_ssize_t n);

#endif
