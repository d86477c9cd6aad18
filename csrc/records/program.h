/* A record as a program, which computes some of its roots from the numbers of its leaves. */
#ifndef SG_PROGRAM_H
#define SG_PROGRAM_H
#include <stddef.h>
#include <stdint.h>

/* Operations of one kind and arity, whose results are registers in a row. Their first operands come first, in a row,
 * then their second ones. A reduction is alone. */
typedef struct {
    uint8_t op;
    uint32_t arity, count;
    uint32_t first;          /* the register of the first result */
    uint32_t operands;       /* where their registers begin */
} sg_group;

/* The registers hold the constants, then the leaves, then the results of the groups. */
typedef struct {
    double *consts;
    uint32_t *leaves;        /* their numbers in the record */
    sg_group *groups;
    uint32_t *operands, *outs;
    uint32_t const_count, leaf_count, group_count, register_count, widest;
    uint64_t input_count;    /* how many leaves the record had */
    uint64_t out_count;
    size_t bytes;            /* of memory that it takes */
} sg_program;

void sg_program_free(sg_program *program);
/* Computes them; a zero has no sign. 0: no memory. Several threads may run a program at once. */
int sg_program_run(const sg_program *program, const double *leaves, double *out);

#endif
