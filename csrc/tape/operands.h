/* The opcode and the operands of a node. An element of a bulk shows as the operation that it stands for, and a result
 * of a joint operation as that operation. */
#ifndef SG_OPERANDS_H
#define SG_OPERANDS_H
#include "tape/tape.h"

/* The opcode of node i, the number of its operands (0 for an entry), and its k-th operand. */
int sg_opcode(const sg_graph *graph, uint32_t i);
uint32_t sg_operand_count(const sg_graph *graph, uint32_t i);
uint32_t sg_operand(const sg_graph *graph, uint32_t i, uint32_t k);
/* The first result of a joint operation that node i is a result of; i itself for any other node. */
static inline uint32_t sg_first_result(const sg_graph *graph, uint32_t i)
{
    return graph->op[i] == SG_ALSO ? graph->a[i] : i;
}
/* Whether the operands of a node with this opcode of the tape stand in args[], from a on, b of them. */
static inline int sg_is_listed(int op)
{
    return op != SG_ALSO && op != SG_BULK && (op >= SG_FIRST_REDUCTION || sg_arity[op] > 2);
}
/* The number of results of a joint operation, from the number of its operands, and the first operand's number. 0: it
 * cannot have such operands. */
uint64_t sg_joint_count(int op, uint64_t operands, double first);
/* The number of results of the joint operation whose first result is node i. */
uint32_t sg_result_count(const sg_graph *graph, uint32_t i);
/* Operand k of element e of a bulk. */
uint32_t sg_element_operand(const sg_graph *graph, const sg_bulk *bulk, uint32_t e, uint32_t k);

/* The operand at (r, c) of a span. */
static inline uint32_t sg_span_operand(const sg_graph *graph, const sg_span *span, uint32_t r, uint32_t c)
{
    uint32_t at = span->start + r * span->row + c * span->column;
    return span->kind == SG_NODES ? at : span->kind == SG_CONSTS ? SG_CONST | at : graph->args[at];
}

/* The numbers of rows and columns of operand k of a bulk. */
static inline void sg_bulk_extent(const sg_bulk *bulk, int k, uint32_t *rows, uint32_t *columns)
{
    *rows = bulk->op != SG_DOT || k == 0 ? bulk->rows : k == 1 ? bulk->inner : 1;
    *columns = bulk->op == SG_DOT && k == 0 ? bulk->inner : bulk->columns;
}

/* Operand k of a bulk, and the rows and columns of different nodes that it has; 0 by 0 if it has none. */
static inline const sg_span *sg_span_of_nodes(const sg_bulk *bulk, int k, uint32_t *rows, uint32_t *columns)
{
    const sg_span *span = &bulk->operands[k];
    sg_bulk_extent(bulk, k, rows, columns);
    int none = span->kind == SG_NONE || span->kind == SG_CONSTS;
    *rows = none ? 0 : span->row ? *rows : 1;
    *columns = none ? 0 : span->column ? *columns : 1;
    return span;
}

#endif
