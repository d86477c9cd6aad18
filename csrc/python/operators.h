/* Operations on numbers, as Python calls them: the operators of Value, and functions by opcode. */
#ifndef SG_OPERATORS_H
#define SG_OPERATORS_H
#include "python/api.h"

extern PyType_Slot sg_operators[];        /* the operators and tp_init */
PyObject *sg_py_apply(PyObject *module, PyObject *const *args, Py_ssize_t n);
PyObject *sg_py_reduce(PyObject *module, PyObject *const *args, Py_ssize_t n);

#endif
