/* The Python side of the core: the type Value, and what records operations on it. value.py adds its methods to the
 * type, rather than derive a class: instances of a class made in Python would be larger, and tracked by the collector.
 *
 * A Node is a handle. A leaf (graph NULL) keeps its own data and grad. An interior one is node `index` of `graph`, and
 * keeps a copy of its value. `entry` is where the node stands in graph number `entry_serial`: its own place at home,
 * or a leaf's or link's entry elsewhere; setting a leaf's data forgets it. So one comparison of serial numbers tells
 * whether an operand is known to the thread's open graph. A leaf's `index` is the largest serial number (its low half) of
 * the graphs that it has entered, which tells whether it may be entering one for the second time.
 *
 * All of this runs under the GIL, which makes every operation atomic. */
#ifndef SG_NODE_H
#define SG_NODE_H
#define PY_SSIZE_T_CLEAN
#ifndef Py_GIL_DISABLED
#define Py_LIMITED_API 0x030A0000
#endif
#include <Python.h>
#include <structmember.h>

#include "tape.h"

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

/* What each thread has: its open graph, and what an operation does besides computing. */
enum { SG_NO_GRAD = 1, SG_WATCH = 2 };
typedef struct {
    sg_graph *open;
    int mode;
} sg_thread;

extern _Thread_local sg_thread *sg_current;
sg_thread *sg_make_thread(void);     /* NULL with an exception */
static inline sg_thread *sg_thread_now(void)
{
    return sg_current ? sg_current : sg_make_thread();
}

/* What Python supplies, by `setup`. */
typedef struct {
    PyObject *number;        /* number(object) -> float or NotImplemented, or raises */
    PyObject *refuse;        /* refuse(object): raises, because the object is no number */
    PyObject *construct;     /* construct(*args, **kwargs) -> the float of a new leaf, or raises */
    PyObject *read_only;     /* read_only(node): raises, because an interior node's data was set */
    PyObject *lift;          /* lift(opcode, operands): the result for operands that are no numbers, or raises */
    PyObject *recorded;      /* recorded(result, opcode, operands): in SG_WATCH mode, after each operation */
} sg_hooks;
extern sg_hooks sg_python;
extern PyTypeObject *sg_node_type;

static inline int sg_is_node(PyObject *object)
{
    return Py_TYPE(object) == sg_node_type || PyObject_TypeCheck(object, sg_node_type);
}

int sg_make_node_type(void);                                       /* 0 with an exception */
PyObject *sg_new_leaf(double data);
PyObject *sg_new_interior(sg_graph *graph, uint32_t index);        /* adds a reference to the graph */
/* Reads a number: a float, an int, or what the hook makes a float of. 1: read; 0: not a number of ours; -1: raised. */
int sg_read_number(PyObject *object, double *number);
void sg_refuse(PyObject *object);                                  /* raises: not a number */

/* record.c */
/* The thread's open graph, with room for `need` nodes: one is opened where there is none, or where a large one is to be
 * closed before an operation, which `uses` a node of it or does not. The thread's pointer holds no reference: a graph lives
 * as long as its last Value. NULL with an exception. */
sg_graph *sg_open_graph(sg_thread *thread, int uses, uint32_t need);
/* Frees an open graph that holds no node with a handle: recording its first node failed. */
void sg_drop_unused(sg_graph *open);
/* Enters a node that the open graph does not know: a leaf by itself, another by a link to its closed graph. SG_FAILED
 * without memory. */
uint32_t sg_enter(sg_graph *open, Node *node);
/* What entering a leaf means to the leaf: the graph holds a reference. */
static inline void sg_note_leaf(sg_graph *open, Node *leaf)
{
    uint32_t serial = (uint32_t)open->serial;
    Py_INCREF(leaf);
    open->twins |= leaf->index >= serial;
    if (leaf->index < serial)
        leaf->index = serial;
}
extern PyType_Slot sg_number_slots[];
PyObject *sg_py_apply(PyObject *module, PyObject *const *args, Py_ssize_t n);
PyObject *sg_py_reduce(PyObject *module, PyObject *const *args, Py_ssize_t n);

#endif
