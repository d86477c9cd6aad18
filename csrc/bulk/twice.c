/* Contributions of a product of a matrix with itself or its transpose: A @ A, A.T @ A, A @ A.T.
 *
 * A node that is left[r][t] and also right[u][c] gets its contributions in the order that shared.c explains: as right
 * from the rows below r, as left from row r, as both from element (r, c), and as right from the rows above. Here either
 * u = t and c = r, or u = r and c = t. So the kernels can sum the nodes of a row with all t as lanes: several rows at a
 * time where these get the same terms, and row by row near the diagonal. */
#include "bulk/twice.h"

#include <string.h>

#include "kernels/lanes.h"
#include "tape/memory.h"

#define SG_AT_A_TIME 8u      /* rows; and columns, as many as lanes of a register */

typedef struct {
    sg_product p;
    uint32_t n, inner, width;    /* the numbers of rows and of terms; `inner` rounded up to whole registers */
    double *by;              /* what stands beside d[.][c]: right[t][c] at c * width + t */
    double *d;               /* the adjoints of the elements, `width` apart, where they are lanes */
    double *sums;            /* of the nodes left[r][t], of a block of rows, at (r - start) * width + t */
    uint32_t start, end;     /* the block */
    int square;              /* u = r and c = t; else u = t and c = r */
} twice;

static int is_once_each(const sg_span *x, uint32_t rows, uint32_t columns)
{
    return (x->column == 1 && x->row >= columns) || (x->row == 1 && x->column >= rows);
}

/* Whether both operands are the same matrix, and not one the transpose of the other. */
static int is_one_matrix(const sg_bulk *bulk)
{
    const sg_span *x = &bulk->operands[0], *y = &bulk->operands[1];
    return x->kind == SG_NODES && y->kind == SG_NODES && x->start == y->start && x->row == y->row &&
           x->column == y->column && bulk->rows == bulk->inner;
}

int sg_is_twice(const sg_bulk *bulk)
{
    const sg_span *x = &bulk->operands[0], *y = &bulk->operands[1];
    int turned = x->kind == SG_NODES && y->kind == SG_NODES && x->start == y->start && x->row == y->column &&
                 x->column == y->row;
    return (turned || is_one_matrix(bulk)) && bulk->rows == bulk->columns &&
           is_once_each(x, bulk->rows, bulk->inner) && bulk->operands[2].kind != SG_NODES &&
           bulk->operands[2].kind != SG_LISTED;
}

/* --- as right, from other rows ------------------------------------------------------------------------------------ */

/* Adds what rows high - 1 .. low contribute to the nodes of some rows as factors of `right`. */
static void add_rows_as_right(const twice *w, uint32_t r, uint32_t count, uint32_t low, uint32_t high)
{
    double *sums = w->sums + (size_t)(r - w->start) * w->width;
    const sg_source *x = &w->p.sources[0];
    ptrdiff_t d_row = (ptrdiff_t)w->p.d_row, last = (ptrdiff_t)high - 1, width = w->width;
    if (low >= high)
        return;
    if (w->square)
        sg_lanes_product(count, w->width, high - low, x->at + last * x->row + (ptrdiff_t)r * x->column, x->column,
                         -x->row, w->d + last * width, -width, sums, width);
    else
        sg_lanes_product(count, w->width, high - low, w->p.d + last * d_row + r, 1, -d_row, w->by + last * width,
                         -width, sums, width);
}

/* The same of the rows of the block that lie below each row, or above it. */
static void add_near_rows_as_right(const twice *w, int below)
{
    for (uint32_t r = w->start; r < w->end; r++)
        add_rows_as_right(w, r, 1, below ? r + 1 : w->start, below ? w->end : r);
}

/* --- as left, from the same row ----------------------------------------------------------------------------------- */

/* Adds what columns high - 1 .. low contribute to the nodes of some rows as factors of `left`. */
static void add_columns_as_left(const twice *w, uint32_t r, uint32_t count, uint32_t low, uint32_t high)
{
    ptrdiff_t last = (ptrdiff_t)high - 1, width = w->width;
    if (low < high)
        sg_lanes_product(count, w->width, high - low, w->p.d + r * w->p.d_row + last, (ptrdiff_t)w->p.d_row, -1,
                         w->by + last * width, -width, w->sums + (size_t)(r - w->start) * w->width, width);
}

/* All columns, where c = r. Element (r, r) contributes the same number twice. */
static void add_turned_columns_as_left(const twice *w)
{
    add_columns_as_left(w, w->start, w->end - w->start, w->end, w->n);
    for (uint32_t r = w->start; r < w->end; r++) {
        add_columns_as_left(w, r, 1, r, w->end);
        add_columns_as_left(w, r, 1, w->start, r + 1);
    }
    add_columns_as_left(w, w->start, w->end - w->start, 0, w->start);
}

/* All columns, where c = t: among them comes, for each lane t, what element (r, t) contributes as a factor of `right`.
 * So the lanes of a chunk of columns are summed once more while that chunk is added. */
static void add_square_columns_as_left(const twice *w)
{
    double kept[SG_AT_A_TIME][SG_AT_A_TIME];
    for (uint32_t high = w->n, low; high > 0; high = low) {
        low = (high - 1) / SG_AT_A_TIME * SG_AT_A_TIME;
        for (uint32_t r = w->start; r < w->end; r++)
            memcpy(kept[r - w->start], w->sums + (size_t)(r - w->start) * w->width + low, sizeof kept[0]);
        add_columns_as_left(w, w->start, w->end - w->start, low, high);
        for (uint32_t r = w->start; r < w->end; r++) {
            double *sums = kept[r - w->start], factor = sg_factor(w->p, 0, r, r);
            for (uint32_t c = high; c-- > low;) {
                const double *by = w->by + (size_t)c * w->width + low;
                double d = w->p.d[r * w->p.d_row + c], as_right = d * factor;
                if (c > r)
                    sums[c - low] += as_right;
                for (uint32_t k = 0; k < SG_AT_A_TIME; k++)
                    sums[k] += d * by[k];
                if (c <= r)
                    sums[c - low] += as_right;
            }
            memcpy(w->sums + (size_t)(r - w->start) * w->width + low, sums, sizeof kept[0]);
        }
    }
}

/* --- all ---------------------------------------------------------------------------------------------------------- */

/* Copies the adjoints of the nodes of the block to their sums. */
static void load_sums(const twice *w)
{
    const sg_span *x = &w->p.bulk->operands[0];
    for (uint32_t r = w->start; r < w->end; r++) {
        const double *adj = w->p.adj + x->start + (size_t)r * x->row;
        double *sums = w->sums + (size_t)(r - w->start) * w->width;
        for (uint32_t t = 0; t < w->inner; t++)
            sums[t] = adj[(size_t)t * x->column];
    }
}

static void store_sums(const twice *w)
{
    const sg_span *x = &w->p.bulk->operands[0];
    for (uint32_t r = w->start; r < w->end; r++) {
        double *adj = w->p.adj + x->start + (size_t)r * x->row;
        const double *sums = w->sums + (size_t)(r - w->start) * w->width;
        for (uint32_t t = 0; t < w->inner; t++)
            adj[(size_t)t * x->column] = sums[t];
    }
}

int sg_pull_twice(sg_product p)
{
    twice w = {.p = p, .n = p.bulk->rows, .inner = p.bulk->inner, .width = (p.bulk->inner + 7) & ~7u,
               .square = is_one_matrix(p.bulk)};
    size_t by = (size_t)w.n * w.width, d = w.square ? by : 0, size = (by + d + SG_AT_A_TIME * w.width) * sizeof(double);
    double *space = sg_large_alloc(size);
    if (!space)
        return 0;
    memset(space, 0, size);
    w.by = space;
    w.d = space + by;
    w.sums = space + by + d;
    for (uint32_t c = 0; c < w.n; c++)
        for (uint32_t t = 0; t < w.inner; t++)
            w.by[(size_t)c * w.width + t] = sg_factor(p, 1, t, c);
    for (uint32_t r = 0; d && r < w.n; r++)
        memcpy(w.d + (size_t)r * w.width, p.d + r * p.d_row, w.n * sizeof *w.d);
    for (w.end = w.n; w.end > 0; w.end = w.start) {
        w.start = (w.end - 1) / SG_AT_A_TIME * SG_AT_A_TIME;
        load_sums(&w);
        add_rows_as_right(&w, w.start, w.end - w.start, w.end, w.n);
        add_near_rows_as_right(&w, 1);
        if (w.square)
            add_square_columns_as_left(&w);
        else
            add_turned_columns_as_left(&w);
        add_near_rows_as_right(&w, 0);
        add_rows_as_right(&w, w.start, w.end - w.start, 0, w.start);
        store_sums(&w);
    }
    sg_large_free(space, size);
    return 1;
}
