/* Pieces of graphs, as Python calls it. */
#ifndef SG_ARRAYS_PIECES_H
#define SG_ARRAYS_PIECES_H
#include "python/api.h"

PyObject *sg_py_moment(PyObject *module, PyObject *none);
PyObject *sg_py_extract(PyObject *module, PyObject *args);
PyObject *sg_py_sketch(PyObject *module, PyObject *args);

#endif
