/* Value(data), and a node by hand: Value(data, children, local_grads). */
#ifndef SG_MAKING_H
#define SG_MAKING_H
#include "python/api.h"

/* tp_init of Value. */
int sg_init_node(PyObject *self, PyObject *args, PyObject *kwargs);

#endif
