/* Records a piece again, with other Values or numbers in place of its leaves. pure/pieces.py has the same. */
#ifndef SG_REPLAYING_H
#define SG_REPLAYING_H
#include "tape/history.h"

typedef struct {
    const sg_record *record; /* its leaves[] are Python objects, or NULL for numbers */
    sg_graph **owner;        /* the thread's pointer to its open graph, which has no reference but of handles */
    int record_nothing;      /* as under no_grad */
    /* The operand that a leaf stands for in the open graph, with the number that was captured; SG_FAILED if memory ran
     * out. */
    uint32_t (*enter)(sg_graph *open, void *leaf, double captured);
} sg_replay;

/* What a root is. */
typedef enum {
    SG_ROOT_NUMBER,
    SG_ROOT_LEAF,            /* the leaf of the record with number `index` */
    SG_ROOT_NODE,            /* node `index` of `graph`, with one reference to it */
    SG_ROOT_UNRECORDED,      /* a number that depends on a Value, under record_nothing */
} sg_root_kind;

typedef struct {
    sg_root_kind kind;
    sg_graph *graph;
    uint32_t index;
    double number;
} sg_replayed;

/* 1: done; 0: memory ran out; -1: the record is malformed. Only 1 leaves references with the roots. */
int sg_replay_record(const sg_replay *replay, sg_replayed *roots);

#endif
