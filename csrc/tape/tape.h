/* The tape: a graph of recorded operations, as a structure of arrays.
 *
 * Node i is (op[i], a[i], b[i], val[i]). Operands always come before their node, so the order of recording is a
 * topological order. An operand is
 *   - the index of a node in the same graph, or
 *   - SG_CONST | k: the constant consts[k] (table/encoding.h).
 * By opcode:
 *   SG_LEAF       a = position in leaves[]; val = the leaf's data when it was entered
 *   SG_LINK       a = position in links[]: an operation in a graph that was closed before; one link per target
 *   arity 1, 2    a, b = operands
 *   arity 3, and reductions: a = offset into args[], b = number of operands there
 *   SG_BULK       a = position in bulks[]: one of many operations recorded together
 *   SG_ALSO       a = the first result of a joint operation (bulk/joint.h), which this is another result of
 *
 * A graph is open (one thread records into it) or closed (nothing is ever added). Links lead to closed graphs only, so
 * the order of closing is a topological order of the graphs.
 *
 * Everything here that changes a graph runs under the GIL; a sweep reads closed graphs without it. */
#ifndef SG_TAPE_H
#define SG_TAPE_H
#include <stddef.h>
#include <stdint.h>

#include "table/encoding.h"
#include "table/table.h"
#include "tape/adjoints.h"

#define SG_FAILED UINT32_MAX          /* returned instead of an index when memory ran out */
#define SG_GRAPH_NODES (1u << 16)     /* from this size on, an open graph waits for a quiet moment to be closed */
#define SG_GRAPH_WATCHED (3u << 15)   /* up to this size it learns how quiet such moments are */
#define SG_GRAPH_MOST (1u << 17)      /* at this size it is closed in any case */
#define SG_FIRST_CAPACITY 8u          /* nodes in a new graph: many graphs are tiny */
#define SG_BULK 255                   /* the opcode of an element of a bulk, whose sg_bulk has the true one */

/* How sweeping a node, a bulk, a graph or all graphs ends. */
typedef enum {
    SG_NO_MEMORY = 0,
    SG_DONE = 1,
    SG_REPEAT = -1,                   /* a nan appeared, or a leaf has two entries: sweep all again, with care */
    SG_NOT_FINITE = -2,               /* a checked sweep met a nan or inf */
    SG_BY_ELEMENT = -3,               /* nothing was done: sweep this bulk element by element */
} sg_outcome;

typedef struct sg_graph sg_graph;

/* The leaf or linked node of an entry; `entry` is the entry's own index. */
typedef struct {
    void *leaf;              /* a Python object: one reference to it, unless `lent` */
    uint32_t entry, lent;    /* lent: one of the graph's `owners` has the reference */
} sg_leaf;

typedef struct {
    sg_graph *graph;         /* one reference */
    uint32_t index, entry;
} sg_link;

/* Where the operands of a bulk are: element (r, c) is at position start + r * row + c * column of
 *   SG_NODES   the graph's nodes
 *   SG_CONSTS  consts[]
 *   SG_LISTED  args[], which holds operands of any kind */
enum { SG_NONE, SG_NODES, SG_CONSTS, SG_LISTED };
typedef struct {
    uint32_t kind, start, row, column;
} sg_span;

/* A bulk: many operations of one kind, recorded at once. They are nodes like any others, one per result, in order, and
 * operands.h shows each as a node of its own. But what they have in common is said once, here, and kernels compute them
 * together. A bulk is an element-wise operation over rows x columns elements, or a product: row r, column c is
 *     bias[c] + left[r][0] * right[0][c] + ... , summed from left to right,
 * that is, the reduction `dot` of the pairs (1, bias[c]), (left[r][0], right[0][c]), ... . */
typedef struct {
    uint32_t first, rows, columns;
    uint32_t inner;          /* of a product */
    uint32_t one;            /* of a product with a bias: the constant 1.0 */
    int op;                  /* an opcode of fixed arity, or SG_DOT */
    sg_span operands[3];     /* of a product: left, right, and the bias or SG_NONE */
} sg_bulk;

struct sg_graph {
    uint64_t serial;        /* unique, never reused, from 1 */
    uint64_t closed;        /* position in the order of closing; 0: open */
    size_t references;      /* Python handles, links from other graphs, running builders */
    size_t fewest_handles;  /* at an operation that used none of its nodes, once it is large */
    uint32_t count, capacity;
    uint32_t sinks;         /* nodes that no node of this graph uses */
    uint32_t whole;         /* the largest count at which the last node was the only sink, so that it reaches all */
    double *val;            /* one allocation: val, a, b, op, used, each [capacity] */
    uint32_t *a, *b;
    uint8_t *op;
    uint8_t *used;          /* 1: a node of this graph uses it */
    double *consts;
    uint32_t const_count, const_capacity;
    uint32_t *args;
    uint32_t arg_count, arg_capacity;
    sg_leaf *leaves;
    uint32_t leaf_count, leaf_capacity;
    int twins;              /* a leaf may have two entries, because it was set in between */
    sg_link *links;
    uint32_t link_count, link_capacity;
    sg_bulk *bulks;
    uint32_t bulk_count, bulk_capacity;
    void **owners;           /* Python objects that hold leaves, one reference to each */
    uint32_t owner_count, owner_capacity, lent_count;    /* lent_count: how many leaves they hold */
    void **labels;          /* by index, each NULL or one reference to a Python object; made when the first is set */
    uint32_t label_capacity;
    sg_adjoints last;       /* from the last sweep that reached each node; last.adj NULL: none yet */
    uint32_t last_end;      /* last reaches no node from here on */
    uint32_t last_index;    /* last reaches what the root with this index, in the graph with this serial number, */
    uint64_t last_serial;   /*     reaches, and nothing else; 0: it may reach more than a root does */
    double *spare;          /* adj of used scratch for the next sweep, or NULL; taken and put back atomically */
    uint32_t *link_slots;   /* while open: a hash table of links by target; position + 1, 0 is free */
    uint32_t link_slot_count;
    sg_graph **owner;       /* while open: the thread's pointer to it */
    sg_graph *next_free;    /* worklist of sg_release */
};

/* Returns a new open graph with one reference, stored in *owner. NULL if memory ran out. */
sg_graph *sg_open(sg_graph **owner);
/* Closes an open graph and clears its owner's pointer. Does nothing to a closed one. */
void sg_close(sg_graph *graph);
/* The present, in the order of closing: graphs that are closed from now on have a greater position. */
uint64_t sg_moment(void);
/* Drops one reference. The last one frees the graph and, without recursion, every graph that only it held. */
void sg_release(sg_graph *graph);
/* Called for each leaf, owner and label that a graph drops; module.c sets it to a function that calls Py_DECREF. */
extern void (*sg_drop_object)(void *object);

/* Makes room for `need` more nodes, so that sg_append cannot fail. 0: no memory. */
int sg_reserve(sg_graph *graph, uint32_t need);
/* These return an operand, or SG_FAILED. sg_enter_leaf takes over one reference to the leaf. sg_enter_link adds one to
 * the target's graph, which must be closed. A target has one entry per graph, however often it is entered; the sweeps
 * rely on it. */
uint32_t sg_constant(sg_graph *graph, double value);
uint32_t sg_enter_leaf(sg_graph *graph, void *leaf, double data);
uint32_t sg_enter_link(sg_graph *graph, sg_graph *target, uint32_t index, double value);
/* Makes room for n operands in args[] and returns their offset, or SG_FAILED. */
uint32_t sg_arguments(sg_graph *graph, uint32_t n);

/* Notes that a node which is about to be appended uses an operand. */
static inline void sg_use(sg_graph *graph, uint32_t operand)
{
    if (operand & SG_CONST)
        return;
    graph->sinks -= !graph->used[operand];
    graph->used[operand] = 1;
}

/* Notes that consecutive nodes are used. Returns how many were not used before. */
static inline uint32_t sg_use_range(uint8_t *used, uint32_t n)
{
    uint32_t fresh = 0;
    for (uint32_t i = 0; i < n; i++) {
        fresh += !used[i];
        used[i] = 1;
    }
    return fresh;
}

/* Appends a node. sg_reserve must have made room, and sg_use must have noted its operands. */
static inline uint32_t sg_append(sg_graph *graph, int op, uint32_t a, uint32_t b, double value)
{
    uint32_t i = graph->count++;
    graph->sinks++;
    graph->used[i] = 0;
    graph->op[i] = (uint8_t)op;
    graph->a[i] = a;
    graph->b[i] = b;
    graph->val[i] = value;
    graph->whole = graph->sinks == 1 ? graph->count : graph->whole;
    return i;
}

static inline double sg_operand_value(const sg_graph *graph, uint32_t operand)
{
    return sg_number_at(graph->val, graph->consts, operand);
}

/* The adjoint of a node from the last sweep that reached it, or 0.0. The setter needs a closed graph; 0: no memory. */
double sg_adjoint(const sg_graph *graph, uint32_t index);
int sg_set_adjoint(sg_graph *graph, uint32_t index, double value);

/* The label of a node, or NULL. The setter takes over one reference to a Python object, or NULL; 0: no memory. */
static inline void *sg_label(const sg_graph *graph, uint32_t index)
{
    return index < graph->label_capacity ? graph->labels[index] : NULL;
}
int sg_set_label(sg_graph *graph, uint32_t index, void *label);
/* Makes room for one more of the graph's owners. 0: no memory. */
int sg_reserve_owner(sg_graph *graph);

#endif
