/* One node at a time: its opcode and operands. */
#include "tape/operands.h"

#include <math.h>

uint32_t sg_element_operand(const sg_graph *graph, const sg_bulk *bulk, uint32_t e, uint32_t k)
{
    uint32_t r = bulk->rows == 1 ? 0 : e / bulk->columns, c = e - r * bulk->columns;
    if (bulk->op != SG_DOT)
        return sg_span_operand(graph, &bulk->operands[k], r, c);
    if (bulk->operands[2].kind != SG_NONE) {
        if (k < 2)
            return k == 0 ? bulk->one : sg_span_operand(graph, &bulk->operands[2], 0, c);
        k -= 2;
    }
    return k % 2 ? sg_span_operand(graph, &bulk->operands[1], k / 2, c)
                 : sg_span_operand(graph, &bulk->operands[0], r, k / 2);
}

static uint32_t product_operand_count(const sg_bulk *bulk)
{
    return 2 * bulk->inner + (bulk->operands[2].kind == SG_NONE ? 0 : 2);
}

int sg_opcode(const sg_graph *graph, uint32_t i)
{
    i = sg_first_result(graph, i);
    return graph->op[i] == SG_BULK ? graph->bulks[graph->a[i]].op : graph->op[i];
}

uint32_t sg_operand_count(const sg_graph *graph, uint32_t i)
{
    i = sg_first_result(graph, i);
    int op = sg_opcode(graph, i);
    if (op < SG_FIRST)
        return 0;
    if (op < SG_FIRST_REDUCTION)
        return (uint32_t)sg_arity[op];
    return graph->op[i] == SG_BULK ? product_operand_count(&graph->bulks[graph->a[i]]) : graph->b[i];
}

uint32_t sg_operand(const sg_graph *graph, uint32_t i, uint32_t k)
{
    i = sg_first_result(graph, i);
    if (graph->op[i] == SG_BULK)
        return sg_element_operand(graph, &graph->bulks[graph->a[i]], i - graph->bulks[graph->a[i]].first, k);
    if (sg_is_listed(graph->op[i]))
        return graph->args[graph->a[i] + k];
    return k ? graph->b[i] : graph->a[i];
}

uint64_t sg_joint_count(int op, uint64_t operands, double first)
{
    if (op == SG_SOLVE) {
        uint64_t n = first >= 1.0 && first * first < (double)operands ? (uint64_t)first : 0;
        return n && (double)n == first && (operands - 1) % n == 0 ? operands - 1 - n * n : 0;
    }
    uint64_t n = (uint64_t)sqrt((double)operands);
    if (n * n != operands)
        return 0;
    return op == SG_CHOLESKY ? n * n : op == SG_SLOGDET ? 2 : 1;
}

uint32_t sg_result_count(const sg_graph *graph, uint32_t i)
{
    uint32_t n = graph->b[i];
    return (uint32_t)sg_joint_count(graph->op[i], n, sg_operand_value(graph, graph->args[graph->a[i]]));
}
