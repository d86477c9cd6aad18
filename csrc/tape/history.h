/* The history of some nodes, flattened over links into one record: record.py says what one is. pure/history.py reads
 * and writes the same record. */
#ifndef SG_HISTORY_H
#define SG_HISTORY_H
#include "tape/tape.h"

/* The flag of an operand code that is a constant; the rest of the code is a position in consts[]. */
#define SG_CODE_CONST (1ull << 63)

/* `count` nodes in topological order. codes[] holds, node by node: for a leaf its position in leaves[]; for a reduction
 * the number of operands, then the operands; else the operands. An operand is the position of an earlier node, or
 * SG_CODE_CONST | position in consts[]. grads[i] is the adjoint of a node that is not a leaf; NULL: all are
 * 0. roots[] holds the positions of the nodes that were asked for. labelled[] holds the positions of nodes with a
 * label, all interior, and labels[] these. */
typedef struct {
    uint64_t count, code_count, const_count, leaf_count, root_count, label_count;
    uint8_t *ops;
    double *values, *grads, *consts;
    uint64_t *codes, *roots;
    uint64_t *labelled;
    void **leaves, **labels;
} sg_record;

/* A node of a closed graph. */
typedef struct {
    sg_graph *graph;
    uint32_t index;
} sg_root;

/* Flattens all that some nodes reach. 0: no memory, and the record is empty. */
int sg_flatten(const sg_root *roots, uint64_t count, sg_record *record);
void sg_record_free(sg_record *record);

#endif
