/* The tape: a graph of recorded operations as a structure of arrays.
 *
 * Node i is (op[i], a[i], b[i], val[i]). Operands always stand before their node, so the order of recording is a
 * topological order. An operand is
 *   - the index of a node in the same graph, or
 *   - SG_CONST | k: the constant consts[k].
 * By opcode:
 *   SG_LEAF       a = position in leaves[]; val = the leaf's data when it was entered
 *   SG_LINK       a = position in links[]: an operation in a graph that was closed before; one entry a target
 *   arity 1, 2    a, b = operands
 *   arity 3, and reductions: a = offset into args[], b = number of operands there
 *   SG_BULK       a = position in bulks[]: one of many operations recorded together, see bulk.h
 *
 * A graph is open (one thread records into it) or closed (nothing is ever added). Links go to closed graphs only, so
 * the graphs, in order of closing, are in topological order too.
 *
 * Everything here that changes a graph runs under the GIL; a sweep reads closed graphs without it. */
#ifndef SG_TAPE_H
#define SG_TAPE_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ops.h"

#define SG_CONST 0x80000000u          /* flag of an operand that is a constant */
#define SG_FAILED UINT32_MAX          /* returned instead of an index when memory ran out */
#define SG_GRAPH_NODES (1u << 16)     /* from this size on an open graph waits for a quiet moment to be closed */
#define SG_GRAPH_WATCHED (3u << 15)   /* until here it learns how quiet moments are */
#define SG_GRAPH_MOST (1u << 17)      /* here it is closed whatever goes on */
#define SG_FIRST_CAPACITY 8u          /* nodes in a new graph: many graphs are tiny */
#define SG_BULK 255                   /* the opcode of an element of a bulk, whose record has the true one */

typedef struct sg_graph sg_graph;
typedef struct sg_bulk sg_bulk;

/* What stands behind an entry; `entry` is the entry's own index. */
typedef struct {
    void *leaf;              /* one reference to a Python object */
    uint32_t entry;
} sg_leaf;

typedef struct {
    sg_graph *graph;         /* one reference */
    uint32_t index, entry;
} sg_link;

/* Adjoints of a graph's nodes, in one block: a word to spare, adj[count], blocks[count / 64 + 1]. adj[i] is SG_UNREACHED, bit by
 * bit, where nothing has been added yet; blocks[i / 64] is 0 where that holds for all its 64 nodes. */
typedef struct {
    double *adj;
    uint8_t *blocks;
} sg_adjoints;

/* A signalling nan: no arithmetic makes one. */
#define SG_UNREACHED 0x7FF4A5A5A5A5A5A5u
#define SG_NEGATIVE_ZERO 0x8000000000000000u

/* A number from outside, as an adjoint: a signalling nan becomes a quiet one. (Adding -0.0 would do it, but compilers leave that
 * out.) */
static inline double sg_quiet(double x)
{
    return isnan(x) ? NAN : x;
}

static inline int sg_reached(const sg_adjoints *adjoints, uint32_t i)
{
    uint64_t bits;
    memcpy(&bits, &adjoints->adj[i], sizeof bits);
    return bits != SG_UNREACHED;
}

static inline void sg_set(sg_adjoints *adjoints, uint32_t i, double value)
{
    adjoints->adj[i] = value;
    adjoints->blocks[i / 64] = 1;
}

struct sg_graph {
    uint64_t serial;        /* unique, never reused, from 1 */
    uint64_t closed;        /* position in the order of closing; 0: open */
    size_t references;      /* Python handles, links from other graphs, running builders */
    size_t quiet;           /* the fewest handles seen where an operation began anew, once the graph is large */
    uint32_t count, capacity;
    uint32_t sinks;         /* nodes that no node of this graph uses */
    uint32_t whole;         /* the largest count at which the last node was the only sink: it reaches all before it */
    double *val;            /* one block: val, a, b, op, used, each [capacity] */
    uint32_t *a, *b;
    uint8_t *op;
    uint8_t *used;          /* 1: some node of this graph uses it */
    double *consts;
    uint32_t const_count, const_capacity;
    uint32_t *args;
    uint32_t arg_count, arg_capacity;
    sg_leaf *leaves;
    uint32_t leaf_count, leaf_capacity;
    int twins;              /* a leaf may have two entries: it was set in between */
    sg_link *links;
    uint32_t link_count, link_capacity;
    sg_bulk *bulks;
    uint32_t bulk_count, bulk_capacity;
    sg_adjoints last;       /* of the last sweep that reached a node; last.adj NULL: none yet */
    double *spare;          /* adj of clean scratch for the next sweep, or NULL; taken and put back atomically */
    uint32_t *link_slots;   /* while open: a hash table of links by target; position + 1, 0 is free */
    uint32_t link_slot_count;
    sg_graph **owner;       /* while open: the thread's pointer to it */
    sg_graph *next_free;    /* worklist of sg_release */
};

/* Allocation that tests can make fail; any thread may call these, the GIL or not. sg_grow_array gives `*array` room for `need` items of `size` bytes. All give 0
 * or NULL on failure and then change nothing. */
void *sg_alloc(size_t bytes);
void *sg_alloc_zero(size_t bytes);
void sg_free(void *block);
/* For large blocks, whose size the caller knows when it frees them: a few freed ones are kept, because the pages of a
 * fresh one would have to be mapped again, which takes longer than a sweep of what lies on them. */
void *sg_block_alloc(size_t bytes);
void sg_block_free(void *block, size_t bytes);
int sg_grow_array(void **array, uint32_t *capacity, uint32_t need, size_t size);

/* A new open graph with one reference, stored in *owner. NULL when memory ran out. */
sg_graph *sg_open(sg_graph **owner);
/* Closes an open graph and clears its owner's pointer; a closed one stays as it is. */
void sg_close(sg_graph *graph);
/* Drops one reference; the last frees the graph and, iteratively, every graph that only it held. */
void sg_release(sg_graph *graph);
/* What sg_release calls for each leaf; node.c sets it to Py_DECREF. */
extern void (*sg_drop_leaf)(void *leaf);

/* Makes room for `need` more nodes, so that sg_append cannot fail. 0 when memory ran out. */
int sg_reserve(sg_graph *graph, uint32_t need);
/* These give an operand, or SG_FAILED. sg_enter_leaf takes over one reference to the leaf. sg_enter_link adds one to the
 * target's graph, which must be closed; a target has one entry in a graph, however often it is entered: the sweeps rely
 * on it. */
uint32_t sg_constant(sg_graph *graph, double value);
uint32_t sg_enter_leaf(sg_graph *graph, void *leaf, double data);
uint32_t sg_enter_link(sg_graph *graph, sg_graph *target, uint32_t index, double value);
/* Room for n operands in args[]: gives the offset. */
uint32_t sg_arguments(sg_graph *graph, uint32_t n);

/* Notes that a node which is about to be appended uses an operand. */
static inline void sg_use(sg_graph *graph, uint32_t operand)
{
    if (operand & SG_CONST)
        return;
    graph->sinks -= !graph->used[operand];
    graph->used[operand] = 1;
}

/* Appends a node; sg_reserve has made room, and sg_use has noted its operands. */
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
    return operand & SG_CONST ? graph->consts[operand & ~SG_CONST] : graph->val[operand];
}

/* What node i computes, and from what: its opcode, the number of its operands (0 for an entry), and each of them. An element
 * of a bulk shows as the operation that it stands for. */
int sg_opcode(const sg_graph *graph, uint32_t i);
uint32_t sg_operand_count(const sg_graph *graph, uint32_t i);
uint32_t sg_operand(const sg_graph *graph, uint32_t i, uint32_t k);

/* Adjoints of `count` nodes, the first `neutral` filled with -0.0, the others not reached; adj is NULL when memory ran
 * out. */
sg_adjoints sg_adjoints_new(uint32_t count, uint32_t neutral);
void sg_adjoints_free(sg_adjoints *adjoints, uint32_t count);
/* The adjoint of a node after the last sweep that reached it, else 0.0; and setting it. The graph must be closed. */
double sg_adjoint(const sg_graph *graph, uint32_t index);
int sg_set_adjoint(sg_graph *graph, uint32_t index, double value);

#endif
