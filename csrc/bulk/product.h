/* A product as its contributions are formed: its numbers, and the nodes that they belong to. */
#ifndef SG_PRODUCT_H
#define SG_PRODUCT_H
#include "bulk/bulk.h"

#define SG_NOWHERE UINT32_MAX
#define SG_THIN 8u           /* products of fewer rows, columns or terms go element by element */

/* The product, and where its operands are. */
typedef struct {
    const sg_bulk *bulk;
    const uint32_t *args;
    const sg_source *sources;
    double *adj;
    const double *d;         /* the adjoints of the elements, `d_row` apart */
    size_t d_row;
} sg_product;

static inline uint32_t sg_factor_node(sg_product p, int k, uint32_t r, uint32_t c)
{
    const sg_span *span = &p.bulk->operands[k];
    uint32_t at = span->start + r * span->row + c * span->column;
    if (span->kind == SG_NODES)
        return at;
    at = span->kind == SG_LISTED ? p.args[at] : SG_NOWHERE;
    return at & SG_CONST ? SG_NOWHERE : at;
}

static inline int sg_has_nodes(sg_product p, int k)
{
    return p.bulk->operands[k].kind == SG_NODES || p.bulk->operands[k].kind == SG_LISTED;
}

static inline double sg_factor(sg_product p, int k, uint32_t r, uint32_t c)
{
    return p.sources[k].at[r * p.sources[k].row + c * p.sources[k].column];
}

#endif
