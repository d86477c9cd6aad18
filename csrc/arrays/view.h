/* A View: which numbers of a block an array shows. Element (r, c) is number offset + r * row + c * column of the block;
 * a stride of 0 repeats a number along its axis. A new view is checked: it never reaches beyond its block. */
#ifndef SG_VIEW_H
#define SG_VIEW_H
#include "arrays/block.h"

extern PyTypeObject *sg_view_type;
int sg_make_view_type(void); /* 0 with an exception */
/* A view of a whole block, row by row. Takes over the block. NULL for NULL, or with an exception. */
PyObject *sg_view_of(PyObject *block, uint32_t rows, uint32_t columns);
/* Reads an argument that is a view; its block is borrowed. 0 with an exception. */
int sg_read_view(PyObject *object, sg_array *array);

PyObject *sg_py_whole(PyObject *module, PyObject *const *args, Py_ssize_t n);
PyObject *sg_py_numbers(PyObject *module, PyObject *view);
PyObject *sg_py_grads(PyObject *module, PyObject *view);
PyObject *sg_py_rows_at(PyObject *module, PyObject *const *args, Py_ssize_t n);
PyObject *sg_py_items(PyObject *module, PyObject *view);
PyObject *sg_py_set_leaves(PyObject *module, PyObject *const *args, Py_ssize_t n);

#endif
