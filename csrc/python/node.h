/* The type Value. value.py adds methods to this type instead of deriving a class, because instances of a class made in
 * Python would be larger, and tracked by the garbage collector.
 *
 * A Node is a handle. A leaf has its own data and grad. An interior one is node `index` of `graph`, with a copy of its
 * value, and its `index` has the flag SG_INTERIOR. `entry` is the index of the node in the graph with serial number
 * `entry_serial`: for an interior node its own graph, or else the graph where it last got an entry. Setting a leaf's
 * data forgets the entry. So one comparison of serial numbers tells whether the thread's open graph knows an operand.
 * The `index` of a leaf is the largest serial number (its low 31 bits) of the graphs that it has entered; it tells
 * whether the leaf may enter a graph a second time.
 *
 * Python finds the attributes of a leaf where __dictoffset__ says. An interior node never has any, because it may have
 * several handles. Its label is in the graph.
 *
 * All of this runs under the GIL, which makes every operation atomic. */
#ifndef SG_NODE_H
#define SG_NODE_H
#include "python/api.h"
#include "tape/tape.h"

typedef struct {
    PyObject_HEAD
    PyObject *weakrefs;
    PyObject *attributes;    /* of a leaf: a dict, made when the first one is set; else NULL */
    double data;
    union {
        sg_graph *graph;     /* of an interior node, which has its grad there */
        double grad;         /* of a leaf */
    };
    uint64_t entry_serial;
    uint32_t entry;
    uint32_t index;
} Node;

/* The `entry_serial` of a Value that was made and has not been used or given a number yet. Only such a one may become
 * the handle of a node by hand: a graph never holds it as a leaf. */
#define SG_NEW UINT64_MAX
#define SG_INTERIOR 0x80000000u        /* indices are less, as SG_CONST takes this bit too */

extern PyTypeObject *sg_node_type;

static inline int sg_is_node(PyObject *object)
{
    return Py_TYPE(object) == sg_node_type || PyObject_TypeCheck(object, sg_node_type);
}

/* The graph of an interior node; NULL for a leaf. */
static inline sg_graph *sg_graph_of(const Node *node)
{
    return node->index & SG_INTERIOR ? node->graph : NULL;
}

/* The index of an interior node in its graph. */
static inline uint32_t sg_index_of(const Node *node)
{
    return node->index & ~SG_INTERIOR;
}

/* Raises, because an attribute of an interior node was set. Returns -1. */
int sg_refuse_attribute(PyObject *self, PyObject *name);

static inline int sg_is_leaf(PyObject *object)
{
    return sg_is_node(object) && !sg_graph_of((Node *)object);
}

/* Makes an object the handle of a node. Adds a reference to the graph. */
static inline void sg_become_interior(Node *node, sg_graph *graph, uint32_t index)
{
    node->graph = graph;
    node->data = graph->val[index];
    node->entry_serial = graph->serial;
    node->entry = index;
    node->index = index | SG_INTERIOR;
    graph->references++;
}

/* Makes the type. `operators` are the slots of the operators and tp_init, and end with {0, NULL}. 0 with an
 * exception. */
int sg_make_node_type(const PyType_Slot *operators);
PyObject *sg_new_leaf(double data);
PyObject *sg_new_interior(sg_graph *graph, uint32_t index);        /* adds a reference to the graph */
/* Whether an object is an interior Value. 0 with an exception. */
int sg_require_interior(PyObject *object);

#endif
