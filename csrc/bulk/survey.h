/* Which nodes are where in the operands of a product. */
#ifndef SG_SURVEY_H
#define SG_SURVEY_H
#include "bulk/product.h"

/* What is known of a node. */
typedef struct {
    uint32_t row, column;    /* its place in `right`, or SG_NOWHERE */
    uint32_t left;           /* the last row of `left` that was found to have it, or SG_NOWHERE */
    uint32_t many;           /* SG_NOWHERE, or its number among the nodes that are summed one by one */
} sg_place_of_node;

typedef struct {
    sg_place_of_node *places;           /* of the nodes from `low` on */
    uint32_t low, count;
    uint32_t *meets;         /* for each row of `left`: the next row below that has one of its nodes, or SG_NOWHERE */
    uint32_t many, joint;    /* the numbers of nodes summed one by one, and of places in `left` of joint nodes */
} sg_survey;

static inline sg_place_of_node *sg_place_of(const sg_survey *s, uint32_t node)
{
    return &s->places[node - s->low];
}

/* Whether a node has a slot among those of `right`, or of `left` alone, and is not summed one by one. */
static inline int sg_is_in_right(const sg_survey *s, uint32_t node)
{
    return node != SG_NOWHERE && sg_place_of(s, node)->many == SG_NOWHERE && sg_place_of(s, node)->row != SG_NOWHERE;
}

static inline int sg_is_in_left_alone(const sg_survey *s, uint32_t node)
{
    return node != SG_NOWHERE && sg_place_of(s, node)->many == SG_NOWHERE && sg_place_of(s, node)->row == SG_NOWHERE;
}

/* 0: no memory. The caller frees the survey, which is zero before, in any case. */
int sg_take_survey(sg_product p, sg_survey *s);
void sg_free_survey(sg_survey *s);

#endif
