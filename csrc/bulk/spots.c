/* Nodes one by one: each is listed with all its places, in the order in which they add to it. */
#include "bulk/spots.h"

#include "tape/memory.h"

/* A place of such a node: left[major][t], right[t][major], or bias[major]. `order` is t + 1, and 0 for a bias. */
typedef struct {
    uint32_t major, order;
} spot;

/* The spots of all these nodes, in the order in which they are added to; those of node k end at ends[k]. */
typedef struct {
    spot *spots;
    uint32_t *ends;
} spot_lists;

/* Counts a spot (list->spots is NULL), or lists it. */
static void note_spot(const sg_survey *s, uint32_t node, spot at, spot_lists *list)
{
    uint32_t number = node == SG_NOWHERE ? SG_NOWHERE : sg_place_of(s, node)->many;
    if (number == SG_NOWHERE)
        return;
    if (list->spots)
        list->spots[list->ends[number]] = at;
    list->ends[number]++;
}

static void note_spots(sg_product p, const sg_survey *s, int left, spot_lists *list)
{
    uint32_t majors = left ? p.bulk->rows : p.bulk->columns;
    for (uint32_t m = majors; m-- > 0;) {
        if (!left && sg_has_nodes(p, 2))
            note_spot(s, sg_factor_node(p, 2, 0, m), (spot){m, 0}, list);
        for (uint32_t t = 0; sg_has_nodes(p, !left) && t < p.bulk->inner; t++)
            note_spot(s, left ? sg_factor_node(p, 0, m, t) : sg_factor_node(p, 1, t, m), (spot){m, t + 1}, list);
    }
}

/* Lists the spots in `left`, or in `right` and bias. 0: no memory. */
static int list_spots(sg_product p, const sg_survey *s, int left, spot_lists *list)
{
    list->ends = sg_alloc_zero(s->many * sizeof *list->ends);
    if (!list->ends)
        return 0;
    note_spots(p, s, left, list);
    uint32_t total = 0;
    for (uint32_t k = 0; k < s->many; k++) {
        uint32_t count = list->ends[k];
        list->ends[k] = total;                   /* until its spots are listed, where they begin */
        total += count;
    }
    list->spots = sg_alloc(total * sizeof *list->spots);
    if (list->spots)
        note_spots(p, s, left, list);
    return list->spots != NULL;
}

static inline double from_right(sg_product p, uint32_t r, spot at)
{
    double d = p.d[r * p.d_row + at.major];
    return at.order ? d * sg_factor(p, 0, r, at.order - 1) : d;
}

/* The sum of a node after row r, in which it is at the spots left .. left_end. */
static double sum_row(sg_product p, uint32_t r, const spot *left, const spot *left_end, const spot *right,
                      const spot *right_end, double sum)
{
    if (left == left_end) {
        for (; right < right_end; right++)
            sum += from_right(p, r, *right);
        return sum;
    }
    for (uint32_t c = p.bulk->columns; c-- > 0;)
        for (const spot *at = left;;) {
            int is_right = right < right_end && right->major == c;
            if (at < left_end && (!is_right || at->order <= right->order)) {
                sum += p.d[r * p.d_row + c] * sg_factor(p, 1, at->order - 1, c);
                at++;
            } else if (is_right) {
                sum += from_right(p, r, *right++);
            } else {
                break;
            }
        }
    return sum;
}

int sg_pull_one_by_one(sg_product p, const sg_survey *s)
{
    spot_lists left = {NULL, NULL}, right = {NULL, NULL};
    uint32_t *next = s->many ? sg_alloc_zero(s->many * sizeof *next) : NULL; /* the spots of `left` that are done */
    int done = !s->many || (next && list_spots(p, s, 1, &left) && list_spots(p, s, 0, &right));
    for (uint32_t end = done ? p.bulk->rows : 0, start; end > 0; end = start) {
        start = end > SG_THIN ? end - SG_THIN : 0;     /* few rows, which stay in the fastest cache */
        for (uint32_t i = 0; i < s->count && s->many; i++) {
            uint32_t k = s->places[i].many;
            if (k == SG_NOWHERE)
                continue;
            uint32_t left_start = k ? left.ends[k - 1] : 0, right_start = k ? right.ends[k - 1] : 0;
            for (uint32_t r = end; r-- > start;) {
                const spot *at = left.spots + left_start + next[k], *at_end = at;
                while (at_end < left.spots + left.ends[k] && at_end->major == r)
                    at_end++;
                p.adj[s->low + i] = sum_row(p, r, at, at_end, right.spots + right_start, right.spots + right.ends[k],
                                            p.adj[s->low + i]);
                next[k] += (uint32_t)(at_end - at);
            }
        }
    }
    sg_free(next);
    sg_free(left.spots);
    sg_free(left.ends);
    sg_free(right.spots);
    sg_free(right.ends);
    return done;
}
