/* Graphs as Python sees them: functions that read nodes and commit sweeps. */
#ifndef SG_GRAPHS_H
#define SG_GRAPHS_H
#include "python/api.h"

PyObject *sg_py_key(PyObject *module, PyObject *object);
PyObject *sg_py_seal(PyObject *module, PyObject *object);
PyObject *sg_py_opcode(PyObject *module, PyObject *object);
PyObject *sg_py_operands(PyObject *module, PyObject *object);
PyObject *sg_py_operand_values(PyObject *module, PyObject *object);
PyObject *sg_py_place(PyObject *module, PyObject *object);
PyObject *sg_py_partials(PyObject *module, PyObject *object);
PyObject *sg_py_add_grad(PyObject *module, PyObject *args);
PyObject *sg_py_commit(PyObject *module, PyObject *address);

#endif
