/* Derivatives of records, as Python calls them. */
#ifndef SG_DERIVATIVES_H
#define SG_DERIVATIVES_H
#include "python/api.h"
#include "tape/history.h"

/* Reads the parts of a record, a tuple; `leaves` too, if they are wanted. Its arrays are those of the bytes. 0: it is
 * none. */
int sg_read_record(PyObject *object, sg_record *record);

PyObject *sg_py_adjoint(PyObject *module, PyObject *args);
PyObject *sg_py_tangent(PyObject *module, PyObject *args);
PyObject *sg_py_curvature(PyObject *module, PyObject *args);
PyObject *sg_py_program(PyObject *module, PyObject *args);
PyObject *sg_py_run(PyObject *module, PyObject *args);

#endif
