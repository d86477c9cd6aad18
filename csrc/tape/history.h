/* Flattens the history of a node, over links, into one record, and rebuilds graphs from a record. Copies and pickles
 * use it. pure/history.py reads and writes the same record. */
#ifndef SG_HISTORY_H
#define SG_HISTORY_H
#include "tape/tape.h"

/* The flag of an operand code that is a constant; the rest of the code is a position in consts[]. */
#define SG_CODE_CONST (1ull << 63)

/* `count` nodes in topological order, the root last. codes[] holds, node by node: for a leaf its position in leaves[];
 * for a reduction the number of operands, then the operands; else the operands. An operand is the position of an
 * earlier node, or SG_CODE_CONST | position in consts[]. grads[i] is the adjoint of a node that is not a leaf. */
typedef struct {
    uint64_t count, code_count, const_count, leaf_count;
    uint8_t *ops;
    double *values, *grads, *consts;
    uint64_t *codes;
    void **leaves;
} sg_record;

/* Flattens everything that a node of a closed graph reaches. 0: no memory, and the record is empty. */
int sg_flatten(sg_graph *graph, uint32_t index, sg_record *record);
void sg_record_free(sg_record *record);

/* Builds closed graphs from a record, and calls `hold` for each reference to a leaf that they take. Returns the root's
 * graph, with one reference, and sets *index. On failure it returns NULL, and *malformed is 1 for a bad record, 0 if
 * memory ran out. */
sg_graph *sg_rebuild(const sg_record *record, void (*hold)(void *leaf), uint32_t *index, int *malformed);

#endif
