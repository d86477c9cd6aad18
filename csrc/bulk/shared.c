/* Contributions of a product whose operands share nodes.
 *
 * Element (r, c) of a product adds d * right[t][c] to left[r][t], and d * left[r][t] to right[t][c], for t = 0, 1, ...
 * The elements come in descending order, row by row. So a node that is left[r][t] and also right[u][c] gets
 *     as right[u][c]   from the rows below r,
 *     as left[r][t]    from row r, columns last .. c + 1,
 *     as both          from element (r, c), in the order of t and u,
 *     as left[r][t]    from row r, columns c - 1 .. 0,
 *     as right[u][c]   from the rows above r.
 * Both operands get slots of their own. The kernels add to all slots of a block of rows, and to a chunk of columns at a
 * time. The sum of such a joint node moves from one slot to the other in between, and is formed number by number within
 * the block and the chunk where both add to it; what the kernels add to the other slot then is overwritten.
 *
 * The few nodes that are in still more places (in two places of `right`, or in a bias too) are summed one by one. */
#include "bulk/shared.h"

#include <string.h>

#include "bulk/spots.h"
#include "bulk/twice.h"
#include "kernels/lanes.h"
#include "tape/memory.h"

/* --- element by element ------------------------------------------------------------------------------------------- */

static inline void add_to(sg_product p, uint32_t node, double contribution)
{
    if (node != SG_NOWHERE)
        p.adj[node] += contribution;
}

static void pull_by_element(sg_product p)
{
    uint32_t rows = p.bulk->rows, columns = p.bulk->columns, inner = p.bulk->inner;
    for (uint32_t r = rows; r-- > 0;)
        for (uint32_t c = columns; c-- > 0;) {
            double d = p.d[r * p.d_row + c];
            add_to(p, sg_factor_node(p, 2, 0, c), d);
            for (uint32_t t = 0; t < inner; t++) {
                add_to(p, sg_factor_node(p, 0, r, t), d * sg_factor(p, 1, t, c));
                add_to(p, sg_factor_node(p, 1, t, c), d * sg_factor(p, 0, r, t));
            }
        }
}

/* --- blocks of rows ----------------------------------------------------------------------------------------------- */

/* A node that is left[r][t] and right[u][c]. */
typedef struct {
    uint32_t r, t, u, c;
    double *slot, sum;       /* of `left` */
    uint32_t next;           /* the next joint node of its column, or SG_NOWHERE */
} joint;

/* The slots, and the numbers as the kernels need them. */
typedef struct {
    double *right;           /* slots of right[u][c] at u * width + c */
    double *left;            /* slots of left[r][t], of a block of rows from `first` on, at (r - first) * inner + t */
    double *turned;          /* the numbers right[t][c] at c * inner + t */
    double *d;               /* a copy of the elements' adjoints, if their rows do not fill the registers */
    uint32_t width, inner;   /* the numbers of columns and of terms, rounded up to whole registers */
    uint32_t block, chunk;   /* the most rows at a time, and columns */
    joint *joints;           /* of the block */
    uint32_t *heads;         /* for each column c, its first joint node, or SG_NOWHERE */
} slots;

static uint32_t at_a_time(uint32_t n)
{
    return n < 128 ? 4 : n < 2048 ? n / 32 : 64;
}

/* The contributions to a joint node as right[u][c], from rows end - 1 .. start. */
static inline double add_rows(sg_product p, const joint *j, uint32_t start, uint32_t end, double sum)
{
    for (uint32_t r = end; r-- > start;)
        sum += p.d[r * p.d_row + j->c] * sg_factor(p, 0, r, j->u);
    return sum;
}

/* The contributions to a joint node from row r, columns end - 1 .. start, which include c. */
static inline double add_columns(sg_product p, const slots *w, const joint *j, uint32_t start, uint32_t end)
{
    const double *d = p.d + j->r * p.d_row, *right = w->turned + j->t;
    size_t step = w->inner;
    double sum = j->sum, as_right = d[j->c] * sg_factor(p, 0, j->r, j->u), as_left = d[j->c] * right[j->c * step];
    for (uint32_t c = end; --c > j->c;)
        sum += d[c] * right[c * step];
    sum += j->t <= j->u ? as_left : as_right;
    sum += j->t <= j->u ? as_right : as_left;
    for (uint32_t c = j->c; c-- > start;)
        sum += d[c] * right[c * step];
    return sum;
}

/* Adds to the slots of `right` from rows end - 1 .. start. */
static void add_to_right(sg_product p, const slots *w, uint32_t start, uint32_t end)
{
    const sg_source *x = &p.sources[0];
    if (sg_has_nodes(p, 1))
        sg_lanes_product(p.bulk->inner, w->width, end - start, x->at + (ptrdiff_t)(end - 1) * x->row, x->column,
                         -x->row, p.d + (end - 1) * p.d_row, -(ptrdiff_t)p.d_row, w->right, w->width);
}

/* Fills the slots of rows start .. end - 1 of `left`, and lists their joint nodes, whose sums before row r it moves
 * there. Returns their number. */
static uint32_t load_left(sg_product p, const sg_survey *s, const slots *w, uint32_t start, uint32_t end)
{
    uint32_t count = 0;
    memset(w->heads, 0xFF, p.bulk->columns * sizeof *w->heads);  /* all SG_NOWHERE */
    for (uint32_t r = start; r < end; r++) {
        double *slot = w->left + (size_t)(r - start) * w->inner;
        for (uint32_t t = 0; t < p.bulk->inner; t++, slot++) {
            uint32_t node = sg_factor_node(p, 0, r, t);
            if (node == SG_NOWHERE)
                continue;
            const sg_place_of_node *of = sg_place_of(s, node);
            if (of->many != SG_NOWHERE)
                continue;
            *slot = p.adj[node];
            if (of->row == SG_NOWHERE)
                continue;
            joint *j = &w->joints[count];
            *j = (joint){r, t, of->row, of->column, slot, 0.0, w->heads[of->column]};
            *slot = add_rows(p, j, r + 1, end, w->right[(size_t)j->u * w->width + j->c]);
            w->heads[j->c] = count++;
        }
    }
    return count;
}

static void store_left(sg_product p, const sg_survey *s, const slots *w, uint32_t start, uint32_t end, uint32_t count)
{
    for (const joint *j = w->joints; j < w->joints + count; j++)
        w->right[(size_t)j->u * w->width + j->c] = add_rows(p, j, start, j->r, *j->slot);
    for (uint32_t r = start; count < (end - start) * p.bulk->inner && r < end; r++)
        for (uint32_t t = 0; t < p.bulk->inner; t++) {
            uint32_t node = sg_factor_node(p, 0, r, t);
            if (sg_is_in_left_alone(s, node))
                p.adj[node] = w->left[(size_t)(r - start) * w->inner + t];
        }
}

/* Adds the contributions of rows end - 1 .. start, whose nodes in `left` differ. */
static void pull_block(sg_product p, const sg_survey *s, const slots *w, uint32_t start, uint32_t end)
{
    uint32_t count = load_left(p, s, w, start, end);
    if (s->joint)
        add_to_right(p, w, start, end);
    for (uint32_t high = p.bulk->columns, low; high > 0; high = low) {
        low = high > w->chunk ? high - w->chunk : 0;
        for (uint32_t c = low; count && c < high; c++)
            for (uint32_t k = w->heads[c]; k != SG_NOWHERE; k = w->joints[k].next)
                w->joints[k].sum = *w->joints[k].slot;
        sg_lanes_product(end - start, w->inner, high - low, p.d + start * p.d_row + high - 1, (ptrdiff_t)p.d_row, -1,
                         w->turned + (size_t)(high - 1) * w->inner, -(ptrdiff_t)w->inner, w->left, w->inner);
        for (uint32_t c = low; count && c < high; c++)
            for (uint32_t k = w->heads[c]; k != SG_NOWHERE; k = w->joints[k].next)
                *w->joints[k].slot = add_columns(p, w, &w->joints[k], low, high);
    }
    store_left(p, s, w, start, end, count);
}

static void pull_blocks(sg_product p, const sg_survey *s, const slots *w)
{
    const sg_bulk *bulk = p.bulk;
    for (uint32_t u = 0; u < bulk->inner; u++)
        for (uint32_t c = 0; c < w->width; c++) {
            uint32_t node = sg_has_nodes(p, 1) && c < bulk->columns ? sg_factor_node(p, 1, u, c) : SG_NOWHERE;
            w->right[(size_t)u * w->width + c] = sg_is_in_right(s, node) ? p.adj[node] : 0.0;
        }
    for (uint32_t c = 0; c < bulk->columns; c++)
        for (uint32_t t = 0; t < w->inner; t++)
            w->turned[(size_t)c * w->inner + t] = t < bulk->inner ? sg_factor(p, 1, t, c) : 0.0;
    memset(w->left, 0, (size_t)w->block * w->inner * sizeof *w->left);
    if (!s->joint)
        add_to_right(p, w, 0, bulk->rows);
    for (uint32_t end = sg_has_nodes(p, 0) ? bulk->rows : 0, start; end > 0; end = start) {
        start = end - 1;
        while (start > 0 && end - start < w->block && s->meets[start - 1] >= end)
            start--;
        pull_block(p, s, w, start, end);
    }
    for (uint32_t u = 0; sg_has_nodes(p, 1) && u < bulk->inner; u++)
        for (uint32_t c = 0; c < bulk->columns; c++) {
            uint32_t node = sg_factor_node(p, 1, u, c);
            if (sg_is_in_right(s, node))
                p.adj[node] = w->right[(size_t)u * w->width + c];
        }
}

/* 0: no memory. */
static int make_slots_and_pull(sg_product p, const sg_survey *s)
{
    size_t rows = p.bulk->rows, columns = p.bulk->columns, inner = p.bulk->inner;
    slots w = {.width = (p.bulk->columns + 7) & ~7u, .inner = (p.bulk->inner + 7) & ~7u};
    w.block = s->joint ? at_a_time(p.bulk->rows) : p.bulk->rows;
    w.chunk = s->joint ? at_a_time(p.bulk->columns) : p.bulk->columns;
    size_t right = inner * w.width, left = (size_t)w.block * w.inner, turned = columns * w.inner;
    size_t d = w.width == columns ? 0 : rows * w.width, size = (right + left + turned + d) * sizeof(double);
    size_t joints = s->joint ? (size_t)w.block * inner : 0;
    w.right = sg_large_alloc(size);
    w.joints = sg_alloc(joints * sizeof *w.joints);
    w.heads = sg_alloc(columns * sizeof *w.heads);
    int done = w.right && w.joints && w.heads;
    if (done) {
        w.left = w.right + right;
        w.turned = w.left + left;
        if (d) {
            w.d = w.turned + turned;
            memset(w.d, 0, d * sizeof *w.d);
            for (uint32_t r = 0; r < rows; r++)
                memcpy(w.d + (size_t)r * w.width, p.d + r * p.d_row, columns * sizeof *w.d);
            p.d = w.d;
            p.d_row = w.width;
        }
        pull_blocks(p, s, &w);
    }
    sg_large_free(w.right, size);
    sg_free(w.joints);
    sg_free(w.heads);
    return done;
}

int sg_pull_shared(const sg_graph *graph, const sg_bulk *bulk, const sg_source sources[3], double *adj)
{
    sg_product p = {bulk, graph->args, sources, adj, adj + bulk->first, bulk->columns};
    if (bulk->rows < SG_THIN || bulk->columns < SG_THIN || bulk->inner < SG_THIN) {
        pull_by_element(p);
        return 1;
    }
    if (sg_is_twice(bulk))
        return sg_pull_twice(p);
    sg_survey s = {.places = NULL};
    int done = sg_take_survey(p, &s) && make_slots_and_pull(p, &s) && sg_pull_one_by_one(p, &s);
    sg_free_survey(&s);
    return done;
}
