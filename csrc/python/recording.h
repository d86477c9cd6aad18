/* Recording: an operation computes its value and appends one node to the thread's open graph. What every operation runs
 * through is inline here; what few run through is in recording.c. */
#ifndef SG_RECORDING_H
#define SG_RECORDING_H
#include "python/node.h"
#include "python/thread.h"
#include "python/upcalls.h"

typedef struct {
    Node *node;              /* NULL: a constant */
    double value;
} sg_number;

/* The thread's open graph, with room for `need` nodes: one is opened where there is none, or where a large one is to be
 * closed before an operation, which `uses` a node of it or does not. NULL with an exception. */
sg_graph *sg_open_graph(sg_thread *thread, int uses, uint32_t need);
/* The same for an operation on n numbers. */
sg_graph *sg_open_graph_for(sg_thread *thread, int n, const sg_number *operands);
/* Frees an open graph that holds no node with a handle: recording its first node failed. */
void sg_drop_unused(sg_graph *open);
/* Tells Python of an operation, in a context that watches. Takes over the result. */
PyObject *sg_watch(PyObject *result, int op, int n, const sg_number *operands);

/* What entering a leaf means to the leaf: the graph holds a reference. */
static inline void sg_note_leaf(sg_graph *open, Node *leaf)
{
    uint32_t serial = (uint32_t)open->serial;
    Py_INCREF(leaf);
    open->twins |= leaf->index >= serial;
    if (leaf->index < serial)
        leaf->index = serial;
}

/* Enters a node that the open graph does not know: a leaf by itself, another by a link to its closed graph. SG_FAILED
 * without memory. */
static inline uint32_t sg_enter(sg_graph *open, Node *node)
{
    uint32_t entry;
    if (!node->graph) {
        entry = sg_enter_leaf(open, node, node->data);
        if (entry != SG_FAILED)
            sg_note_leaf(open, node);
    } else {
        sg_close(node->graph);        /* another thread may be recording into it: it opens a new one */
        entry = sg_enter_link(open, node->graph, node->index, node->data);
    }
    if (entry != SG_FAILED) {
        node->entry_serial = open->serial;
        node->entry = entry;
    }
    return entry;
}

/* The operand that a node is in the open graph. SG_FAILED without memory. */
static inline uint32_t sg_operand_of(sg_graph *open, Node *node)
{
    return node->entry_serial == open->serial ? node->entry : sg_enter(open, node);
}

/* Reads an operand; a node's value is captured later, when no conversion can run Python code any more. 1: read; 0: not
 * a number of ours; -1: raised. */
static inline int sg_read_operand(PyObject *object, sg_number *out)
{
    if (sg_is_node(object)) {
        out->node = (Node *)object;
        return 1;
    }
    out->node = NULL;
    if (PyFloat_CheckExact(object)) {
        out->value = PyFloat_AsDouble(object);
        return 1;
    }
    return sg_read_number(object, &out->value);
}

static inline double sg_capture(sg_number *o)
{
    if (o->node)
        o->value = o->node->data;
    return o->value;
}

/* Writes the operands into the node's fields, or into args[] and their place into the fields. 0: no memory. */
static inline int sg_write_operands(sg_graph *open, int n, const sg_number *operands, int in_args, uint32_t fields[2])
{
    uint32_t offset = 0;
    if (in_args && (offset = sg_arguments(open, (uint32_t)n)) == SG_FAILED)
        return 0;
    for (int k = 0; k < n; k++) {
        const sg_number *o = &operands[k];
        uint32_t operand = o->node ? sg_operand_of(open, o->node) : sg_constant(open, o->value);
        if (operand == SG_FAILED)
            return 0;
        *(in_args ? &open->args[offset + (uint32_t)k] : &fields[k]) = operand;
    }
    if (in_args) {
        fields[0] = offset;
        fields[1] = (uint32_t)n;
    }
    return 1;
}

/* Records node op(operands) = value. `in_args` is constant where this is inlined: arity 3, and reductions. */
static inline PyObject *sg_record_node(int op, double value, int n, const sg_number *operands, int in_args)
{
    sg_thread *thread = sg_thread_now();
    if (!thread)
        return NULL;
    PyObject *result;
    if (thread->mode & SG_NO_GRAD) {
        result = sg_new_leaf(value);
    } else {
        sg_graph *open = thread->open;
        uint32_t fields[2] = {0, 0};
        if (!open || open->count >= SG_GRAPH_NODES || open->capacity - open->count <= (uint32_t)n) {
            if (!(open = sg_open_graph_for(thread, n, operands)))
                return NULL;
        }
        if (sg_write_operands(open, n, operands, in_args, fields)) {
            for (int k = 0; k < n; k++)
                sg_use(open, in_args ? open->args[fields[0] + (uint32_t)k] : fields[k]);
            result = sg_new_interior(open, sg_append(open, op, fields[0], fields[1], value));
        } else {
            result = PyErr_NoMemory();
        }
        if (!result)
            sg_drop_unused(open);
    }
    return result && (thread->mode & SG_WATCH) ? sg_watch(result, op, n, operands) : result;
}

#endif
