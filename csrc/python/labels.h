/* Labels: a text that belongs to a node. A leaf has it among its attributes, an interior node in its graph. */
#ifndef SG_LABELS_H
#define SG_LABELS_H
#include "python/node.h"

/* Sets a label, a str; an empty one removes it. 0 with an exception. */
int sg_set_node_label(Node *node, PyObject *text);
PyObject *sg_py_label(PyObject *module, PyObject *object);
PyObject *sg_py_set_label(PyObject *module, PyObject *args);

#endif
