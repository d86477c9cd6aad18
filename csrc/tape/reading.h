/* The nodes of a record (tape/history.h), one after the other, each checked as it is read. Roots may be constants here,
 * and leaves: record.py says what a piece of a graph is. */
#ifndef SG_READING_H
#define SG_READING_H
#include "tape/history.h"

typedef struct {
    const sg_record *record;
    uint64_t position, next_code;     /* of the next node */
    uint64_t joint, others;           /* the last joint operation, and how many of its results are to follow */
    int op;                           /* of the node that was read, */
    uint32_t n;                       /* the number of its operands, */
    const uint64_t *codes;            /* and these; of a leaf its number */
} sg_reader;

/* Reads the next node. 1: read; 0: there is none, and the record is legal; -1: the record is malformed. */
int sg_read_node(sg_reader *reader);
/* The number of an operand that is a constant, or of a node. */
static inline double sg_code_number(const sg_record *record, uint64_t code)
{
    return code & SG_CODE_CONST ? record->consts[code & ~SG_CODE_CONST] : record->values[code];
}

#endif
