/* A record that grows: what the adjoint and the tangent write to. scalargrad/records/writer.py has the same. */
#ifndef SG_WRITER_H
#define SG_WRITER_H
#include "table/encoding.h"
#include "tape/history.h"

/* An operand: a node, with its number, or a constant. */
typedef struct {
    uint32_t at;             /* the node's position; SG_NUMBER for a constant */
    double number;
} sg_term;

#define SG_NUMBER UINT32_MAX
#define SG_NOTHING (UINT32_MAX - 1)          /* in tables of terms: there is none */

/* Node i is kinds[i] with the operands from starts[i] on, up to those of the next one; a leaf has its number there. An
 * operand is a position, or SG_CONST | k for consts[k]. All operands together are fewer than SG_CONST. */
typedef struct {
    uint8_t *kinds;
    double *values;
    uint32_t *starts;
    uint32_t count, capacity;
    uint32_t *operands;
    uint32_t operand_count, operand_capacity;
    double *consts;
    uint32_t const_count, const_capacity;
    uint32_t *roots;         /* of the record that was read, as operands; only the flag of a constant counts */
    uint32_t root_count;
    int failed;              /* memory ran out: nothing more is written, and what was is worthless */
} sg_writer;

typedef enum {
    SG_WRITTEN = 1,
    SG_WRITTEN_NOT = 0,      /* memory ran out */
    SG_MALFORMED = -1,       /* the record is no legal one */
    SG_DECLINED = -2,        /* it has a joint operation: the definition in Python does it */
    SG_REFUSED = -3,         /* a derivative is needed by constants alone */
} sg_written;

/* A seed or a tangent: a number; or, with SG_CODE_CONST unset in `leaf`, the number of a leaf that stands for it. */
typedef struct {
    uint64_t leaf;
    double number;
} sg_seed;

/* Begins with the nodes of a record, which needs no longer exist then. */
sg_written sg_writer_read(sg_writer *writer, const sg_record *record);
void sg_writer_free(sg_writer *writer);
/* Seeds as terms. SG_MALFORMED if the record has no node of a leaf. */
sg_written sg_writer_seeds(const sg_writer *writer, const sg_seed *seeds, uint64_t count, sg_term *terms);

static inline uint32_t sg_end_of(const sg_writer *w, uint32_t position)
{
    return position + 1 < w->count ? w->starts[position + 1] : w->operand_count;
}

/* The term that an operand of a node stands for. */
static inline sg_term sg_term_of(const sg_writer *w, uint32_t operand)
{
    return operand & SG_CONST ? (sg_term){SG_NUMBER, w->consts[operand & ~SG_CONST]}
                              : (sg_term){operand, w->values[operand]};
}

/* A node of a row of fixed arity; a constant, if all operands are. It uses a node again that has been written from
 * position `since` on. */
sg_term sg_write(sg_writer *w, int op, int n, const sg_term *operands, uint32_t since);
/* A node of a reduction of n operands, likewise. */
sg_term sg_write_reduction(sg_writer *w, int op, uint32_t n, const sg_term *operands);

/* How many codes and constants the record has that fill() writes. */
void sg_writer_count(const sg_writer *w, const sg_term *results, uint64_t count, uint64_t *codes, uint64_t *consts);
/* Writes all that a record needs beside kinds[] and values[]. */
void sg_writer_fill(const sg_writer *w, const sg_term *results, uint64_t count, uint64_t *codes, double *consts,
                    uint64_t *roots);

#endif
