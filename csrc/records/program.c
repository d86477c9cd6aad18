/* Runs a program. */
#include "records/program.h"

#include <string.h>

#include "table/reductions.h"
#include "table/table.h"
#include "tape/memory.h"

void sg_program_free(sg_program *p)
{
    if (!p)
        return;
    sg_free(p->consts);
    sg_free(p->leaves);
    sg_free(p->groups);
    sg_free(p->operands);
    sg_free(p->outs);
    sg_free(p);
}

#define SG_EACH(expression)                                                                                            \
    for (uint32_t k = 0; k < n; k++) {                                                                                 \
        double x = r[a[k]], y = r[b[k]];                                                                               \
        z[k] = (expression);                                                                                           \
    }

static void run_group(const sg_group *g, const uint32_t *a, double *r)
{
    uint32_t n = g->count;
    const uint32_t *b = g->arity > 1 ? a + n : a, *c = g->arity > 2 ? b + n : a;
    double *z = r + g->first;
    switch (g->op) {
    case SG_ADD:
        SG_EACH(sg_value_add(x, y))
        break;
    case SG_SUB:
        SG_EACH(sg_value_sub(x, y))
        break;
    case SG_MUL:
        SG_EACH(sg_value_mul(x, y))
        break;
    case SG_ZMUL:
        SG_EACH(sg_value_zmul(x, y))
        break;
    case SG_NEG:
        for (uint32_t k = 0; k < n; k++)
            z[k] = sg_value_neg(r[a[k]]);
        break;
    default:
        for (uint32_t k = 0; k < n; k++)
            z[k] = sg_value(g->op, r[a[k]], r[b[k]], r[c[k]]);
    }
}

int sg_program_run(const sg_program *p, const double *leaves, double *out)
{
    size_t bytes = ((size_t)p->register_count + p->widest) * sizeof(double);
    double *r = sg_large_alloc(bytes), *numbers = r + p->register_count;
    if (!r)
        return 0;
    if (p->const_count)
        memcpy(r, p->consts, p->const_count * sizeof *r);
    for (uint32_t k = 0; k < p->leaf_count; k++)
        r[p->const_count + k] = leaves[p->leaves[k]];
    for (uint32_t i = 0; i < p->group_count; i++) {
        const sg_group *g = &p->groups[i];
        const uint32_t *a = p->operands + g->operands;
        if (g->op < SG_FIRST_REDUCTION) {
            run_group(g, a, r);
            continue;
        }
        for (uint32_t k = 0; k < g->arity; k++)
            numbers[k] = r[a[k]];
        r[g->first] = sg_reduce(g->op, numbers, g->arity);
    }
    for (uint64_t k = 0; k < p->out_count; k++)
        out[k] = r[p->outs[k]] + 0.0;
    sg_large_free(r, bytes);
    return 1;
}
