/* The type Value. value.py adds methods to this type, rather than derive a class: instances of a class made in Python
 * would be larger, and tracked by the collector.
 *
 * A Node is a handle. A leaf (graph NULL) keeps its own data and grad. An interior one is node `index` of `graph`, and
 * keeps a copy of its value. `entry` is where the node stands in graph number `entry_serial`: its own place at home,
 * or a leaf's or link's entry elsewhere; setting a leaf's data forgets it. So one comparison of serial numbers tells
 * whether an operand is known to the thread's open graph. A leaf's `index` is the largest serial number (its low half)
 * of the graphs that it has entered, which tells whether it may be entering one for the second time.
 *
 * All of this runs under the GIL, which makes every operation atomic. */
#ifndef SG_NODE_H
#define SG_NODE_H
#include "python/api.h"
#include "tape/tape.h"

typedef struct {
    PyObject_HEAD
    PyObject *weakrefs;
    sg_graph *graph;
    double data;
    double grad;             /* of a leaf; an interior node's is in its graph */
    uint64_t entry_serial;
    uint32_t entry;
    uint32_t index;
} Node;

extern PyTypeObject *sg_node_type;

static inline int sg_is_node(PyObject *object)
{
    return Py_TYPE(object) == sg_node_type || PyObject_TypeCheck(object, sg_node_type);
}

/* Makes the type, with slots for the operators of numbers, of which the last is {0, NULL}. 0 with an exception. */
int sg_make_node_type(const PyType_Slot *operators);
PyObject *sg_new_leaf(double data);
PyObject *sg_new_interior(sg_graph *graph, uint32_t index);        /* adds a reference to the graph */
/* Whether an object is a Value that an operation made. 0 with an exception. */
int sg_require_interior(PyObject *object);

#endif
