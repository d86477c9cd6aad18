/* Which nodes are where: one pass over each operand. */
#include "bulk/survey.h"

#include <string.h>

#include "tape/memory.h"
#include "tape/operands.h"

static void note_many(sg_survey *s, sg_place_of_node *of)
{
    if (of->many == SG_NOWHERE)
        of->many = s->many++;
}

/* Finds the range of the nodes of an operand. */
static void widen(sg_product p, int k, uint32_t *low, uint32_t *high)
{
    uint32_t rows, columns;
    const sg_span *span = &p.bulk->operands[k];
    sg_bulk_extent(p.bulk, k, &rows, &columns);
    int corners = span->kind == SG_NODES;
    for (uint32_t r = 0; sg_has_nodes(p, k) && r < rows; r += corners && rows > 1 ? rows - 1 : 1)
        for (uint32_t c = 0; c < columns; c += corners && columns > 1 ? columns - 1 : 1) {
            uint32_t node = sg_factor_node(p, k, r, c);
            *low = node < *low ? node : *low;
            *high = node != SG_NOWHERE && node > *high ? node : *high;
        }
}

int sg_take_survey(sg_product p, sg_survey *s)
{
    uint32_t rows = p.bulk->rows, columns = p.bulk->columns, inner = p.bulk->inner, high = 0;
    s->low = SG_NOWHERE;
    for (int k = 0; k < 3; k++)
        widen(p, k, &s->low, &high);
    s->count = high - s->low + 1;
    s->places = sg_large_alloc(s->count * sizeof *s->places);
    s->meets = sg_alloc(rows * sizeof *s->meets);
    if (!s->places || !s->meets)
        return 0;
    memset(s->places, 0xFF, s->count * sizeof *s->places);      /* all SG_NOWHERE */
    for (uint32_t t = 0; sg_has_nodes(p, 1) && t < inner; t++)
        for (uint32_t c = 0; c < columns; c++) {
            uint32_t node = sg_factor_node(p, 1, t, c);
            if (node == SG_NOWHERE)
                continue;
            sg_place_of_node *of = sg_place_of(s, node);
            if (of->row != SG_NOWHERE)
                note_many(s, of);
            of->row = t;
            of->column = c;
        }
    for (uint32_t r = rows; r-- > 0;) {
        s->meets[r] = SG_NOWHERE;
        for (uint32_t t = 0; sg_has_nodes(p, 0) && t < inner; t++) {
            uint32_t node = sg_factor_node(p, 0, r, t);
            if (node == SG_NOWHERE)
                continue;
            sg_place_of_node *of = sg_place_of(s, node);
            if (of->left == r)
                note_many(s, of);
            else if (of->left < s->meets[r])
                s->meets[r] = of->left;
            of->left = r;
        }
    }
    for (uint32_t c = 0; sg_has_nodes(p, 2) && c < columns; c++)
        if (sg_factor_node(p, 2, 0, c) != SG_NOWHERE)        /* it is short: one by one, wherever else its nodes are */
            note_many(s, sg_place_of(s, sg_factor_node(p, 2, 0, c)));
    for (uint32_t r = 0; sg_has_nodes(p, 0) && r < rows; r++)
        for (uint32_t t = 0; t < inner; t++)
            s->joint += sg_is_in_right(s, sg_factor_node(p, 0, r, t));
    return 1;
}

void sg_free_survey(sg_survey *s)
{
    sg_large_free(s->places, s->count * sizeof *s->places);
    sg_free(s->meets);
}
