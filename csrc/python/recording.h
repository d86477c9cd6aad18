/* Recording: an operation computes its value and appends one node to the thread's open graph. The code that every
 * operation runs is inline here; the rest is in recording.c. */
#ifndef SG_RECORDING_H
#define SG_RECORDING_H
#include "python/node.h"
#include "python/thread.h"
#include "python/upcalls.h"

typedef struct {
    Node *node;              /* NULL: a constant */
    double value;
} sg_number;

/* The thread's open graph, with room for `need` nodes. Opens a new one if there is none, or if a large one must be
 * closed before the operation; `uses` says whether the operation uses one of its nodes. NULL with an exception. */
sg_graph *sg_open_graph(sg_thread *thread, int uses, uint32_t need);
/* The same for an operation on n numbers. */
sg_graph *sg_open_graph_for(sg_thread *thread, int n, const sg_number *operands);
/* Frees an open graph without handles, for which recording the first node failed. */
void sg_drop_unused(sg_graph *open);
/* Reports an operation to Python, under detect_anomaly. Takes over the result. */
PyObject *sg_watch(PyObject *result, int op, int n, const sg_number *operands);

/* Notes in a leaf that it has entered a graph. */
static inline void sg_note_leaf(sg_graph *open, Node *leaf)
{
    uint32_t serial = (uint32_t)open->serial & ~SG_INTERIOR;
    open->twins |= leaf->index >= serial;
    if (leaf->index < serial)
        leaf->index = serial;
}

/* Enters a node that the open graph does not know: a leaf as such, an interior node by a link to its graph, which is
 * closed. SG_FAILED if memory ran out. */
uint32_t sg_enter(sg_graph *open, Node *node);

/* The operand that stands for a node in the open graph. SG_FAILED if memory ran out. */
static inline uint32_t sg_operand_of(sg_graph *open, Node *node)
{
    return node->entry_serial == open->serial ? node->entry : sg_enter(open, node);
}

/* Reads an operand. The value of a node is captured later, after all conversions, which may run Python code. 1: read;
 * 0: not a number; -1: an exception. */
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

/* Writes the operands into `fields`, or into args[] and their offset and number into `fields`. 0: no memory. */
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

/* Appends the node op(operands) = value to the thread's open graph, and returns the graph; NULL with an exception. Its
 * caller makes a handle at once, or drops the graph. `in_args`, a constant at each call, is 1 for arity 3 and
 * reductions. */
static inline sg_graph *sg_record_in(sg_thread *thread, int op, double value, int n, const sg_number *operands,
                                     int in_args, uint32_t *index)
{
    sg_graph *open = thread->open;
    uint32_t fields[2] = {0, 0};
    if (!open || open->count >= SG_GRAPH_NODES || open->capacity - open->count <= (uint32_t)n) {
        if (!(open = sg_open_graph_for(thread, n, operands)))
            return NULL;
    }
    if (!sg_write_operands(open, n, operands, in_args, fields)) {
        sg_no_memory();
        sg_drop_unused(open);
        return NULL;
    }
    for (int k = 0; k < n; k++)
        sg_use(open, in_args ? open->args[fields[0] + (uint32_t)k] : fields[k]);
    *index = sg_append(open, op, fields[0], fields[1], value);
    return open;
}

/* Records the node op(operands) = value, and returns its handle. */
static inline PyObject *sg_record_node(int op, double value, int n, const sg_number *operands, int in_args)
{
    sg_thread *thread = sg_thread_now();
    if (!thread)
        return NULL;
    PyObject *result;
    if (thread->mode & SG_NO_GRAD) {
        result = sg_new_leaf(value);
    } else {
        uint32_t index;
        sg_graph *open = sg_record_in(thread, op, value, n, operands, in_args, &index);
        if (!open)
            return NULL;
        if (!(result = sg_new_interior(open, index)))
            sg_drop_unused(open);
    }
    return result && (thread->mode & SG_WATCH) ? sg_watch(result, op, n, operands) : result;
}

#endif
