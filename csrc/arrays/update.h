/* The steps of optimisers, for all parameters in one call from Python. */
#ifndef SG_UPDATE_H
#define SG_UPDATE_H
#include "python/api.h"

PyObject *sg_py_sgd_step(PyObject *module, PyObject *args);
PyObject *sg_py_adam_step(PyObject *module, PyObject *args);
PyObject *sg_py_clear_grads(PyObject *module, PyObject *values);
PyObject *sg_py_scale_grads(PyObject *module, PyObject *args);
PyObject *sg_py_limit_grads(PyObject *module, PyObject *args);

#endif
