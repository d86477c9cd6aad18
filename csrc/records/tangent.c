/* The tangent of a record. */
#include "records/tangent.h"

#include <math.h>

#include "records/written.h"

typedef struct {
    uint32_t count, leaf_count;
    sg_term *tangents;       /* by position; at SG_NOTHING: zero */
    sg_term *leaves;         /* by number; likewise */
    sg_term *partials;       /* of one node */
    uint8_t *wants;
} forward;

static int begin_forward(forward *f, const sg_writer *w, uint32_t leaf_count)
{
    uint32_t most = 1;
    for (uint32_t i = 0; i < w->count; i++)
        most = sg_end_of(w, i) - w->starts[i] > most ? sg_end_of(w, i) - w->starts[i] : most;
    f->count = w->count;
    f->leaf_count = leaf_count;
    f->tangents = sg_alloc(f->count * sizeof *f->tangents);
    f->leaves = sg_alloc(leaf_count * sizeof *f->leaves);
    f->partials = sg_alloc(most * sizeof *f->partials);
    f->wants = sg_alloc(most);
    return f->tangents && f->leaves && f->partials && f->wants;
}

static void end_forward(forward *f)
{
    sg_free(f->tangents);
    sg_free(f->leaves);
    sg_free(f->partials);
    sg_free(f->wants);
}

/* The tangent of node i, no leaf. */
static sg_written push_forward(forward *f, sg_writer *w, uint32_t i)
{
    uint32_t start = w->starts[i], n = sg_end_of(w, i) - start;
    int any = 0;
    f->tangents[i].at = SG_NOTHING;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t operand = w->operands[start + k];
        f->wants[k] = !(operand & SG_CONST) && f->tangents[operand].at != SG_NOTHING;
        any |= f->wants[k];
    }
    if (!any)
        return SG_WRITTEN;
    sg_written written = find_partials(w, i, n, f->wants, f->partials);
    sg_term total = {SG_NOTHING, 0.0};
    for (uint32_t k = 0; written == SG_WRITTEN && k < n; k++) {
        if (!f->wants[k] || is_constant_of_size(f->partials[k], 0.0))
            continue;
        sg_term product = chain(w, f->tangents[w->operands[start + k]], f->partials[k]);
        total = total.at == SG_NOTHING ? product : emit_two(w, SG_ADD, total, product);
    }
    f->tangents[i] = total;
    return written;
}

static sg_written sweep_forward(forward *f, sg_writer *w)
{
    for (uint32_t i = 0; i < f->count; i++) {
        if (w->kinds[i] == SG_LEAF) {
            f->tangents[i] = f->leaves[w->operands[w->starts[i]]];
            continue;
        }
        sg_written written = push_forward(f, w, i);
        if (written != SG_WRITTEN)
            return written;
    }
    return w->failed ? SG_WRITTEN_NOT : SG_WRITTEN;
}

/* Sweeps in all directions, whose tangents are given as terms. */
static sg_written sweep_directions(forward *f, sg_writer *w, const sg_directions *directions, const sg_term *starts,
                                   sg_term *results)
{
    for (uint64_t d = 0, k = 0; d < directions->count; d++) {
        for (uint32_t leaf = 0; leaf < f->leaf_count; leaf++)
            f->leaves[leaf].at = SG_NOTHING;
        for (; k < directions->ends[d]; k++)
            if (directions->leaves[k] < f->leaf_count && !is_constant_of_size(starts[k], 0.0))
                f->leaves[directions->leaves[k]] = starts[k];
        sg_written written = sweep_forward(f, w);
        if (written != SG_WRITTEN)
            return written;
        for (uint32_t root = 0; root < w->root_count; root++) {
            sg_term found = w->roots[root] & SG_CONST ? (sg_term){SG_NOTHING, 0.0} : f->tangents[w->roots[root]];
            *results++ = found.at == SG_NOTHING ? SG_MAKE_CONSTANT(0.0) : found;
        }
    }
    return SG_WRITTEN;
}

sg_written sg_tangent_of(const sg_record *record, const sg_directions *directions, sg_writer *w, sg_term **results)
{
    sg_written written = sg_writer_read(w, record);
    *results = NULL;
    if (written != SG_WRITTEN)
        return written;
    forward f = {0};
    uint64_t seeds = directions->count ? directions->ends[directions->count - 1] : 0;
    sg_term *starts = sg_alloc(seeds * sizeof *starts);
    *results = sg_alloc(directions->count * w->root_count * sizeof **results);
    written = SG_WRITTEN_NOT;
    if (starts && *results && begin_forward(&f, w, (uint32_t)record->leaf_count) &&
        (written = sg_writer_seeds(w, directions->tangents, seeds, starts)) == SG_WRITTEN)
        written = sweep_directions(&f, w, directions, starts, *results);
    end_forward(&f);
    sg_free(starts);
    return written;
}
