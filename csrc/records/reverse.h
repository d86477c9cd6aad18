/* The sweep that makes adjoints of terms. adjoint.c and curvature.c each include this file once, after partials.h,
 * whose parameters it uses, and define before:
 *   SG_IS_NOTHING(x)           whether an entry of a table of terms is empty
 *   SG_MAKE_NOTHING            an empty entry
 * scalargrad/records/adjoint.py has the same. */

/* What a sweep needs. The primal nodes are the first `count` ones of SG_PRIMAL(form). */
typedef struct {
    uint32_t count, leaf_count;
    uint8_t *known;          /* by position: whether a node depends on a wanted leaf */
    SG_TERM *adjoints;       /* by position */
    SG_TERM *leaves;         /* by number: a leaf may have several nodes, and one sum */
    SG_TERM *partials;       /* of one node */
    uint8_t *wants;
} reverse;

static int begin_reverse(reverse *r, SG_FORM form, uint32_t leaf_count, const uint64_t *wanted, uint64_t wanted_count)
{
    const sg_writer *w = SG_PRIMAL(form);
    uint32_t most = 1;
    r->count = w->count;
    r->leaf_count = leaf_count;
    uint8_t *chosen = sg_alloc_zero(leaf_count);
    r->known = sg_alloc_zero(r->count);
    r->adjoints = sg_alloc(r->count * sizeof *r->adjoints);
    r->leaves = sg_alloc(leaf_count * sizeof *r->leaves);
    if (!chosen || !r->known || !r->adjoints || !r->leaves) {
        sg_free(chosen);
        return 0;
    }
    for (uint64_t k = 0; k < wanted_count; k++)
        if (wanted[k] < leaf_count)
            chosen[wanted[k]] = 1;
    for (uint32_t i = 0; i < r->count; i++) {
        uint32_t start = w->starts[i], end = sg_end_of(w, i);
        most = end - start > most ? end - start : most;
        r->adjoints[i] = SG_MAKE_NOTHING;
        if (w->kinds[i] == SG_LEAF)
            r->known[i] = chosen[w->operands[start]];
        else
            for (uint32_t k = start; k < end; k++)
                r->known[i] |= !(w->operands[k] & SG_CONST) && r->known[w->operands[k]];
    }
    sg_free(chosen);
    r->partials = sg_alloc(most * sizeof *r->partials);
    r->wants = sg_alloc(most);
    return r->partials && r->wants;
}

static void end_reverse(reverse *r)
{
    sg_free(r->known);
    sg_free(r->adjoints);
    sg_free(r->leaves);
    sg_free(r->partials);
    sg_free(r->wants);
}

/* Adds to the adjoint of an operand. */
static inline void add_adjoint(reverse *r, SG_FORM form, uint32_t operand, SG_TERM x)
{
    if (operand & SG_CONST || !r->known[operand])
        return;
    const sg_writer *w = SG_PRIMAL(form);
    SG_TERM *sum = w->kinds[operand] == SG_LEAF ? &r->leaves[w->operands[w->starts[operand]]] : &r->adjoints[operand];
    *sum = SG_IS_NOTHING(*sum) ? x : emit_two(form, SG_ADD, *sum, x);
}

/* Sweeps from the roots, with a seed for each. r->leaves has the result. */
static sg_written sweep_back(reverse *r, SG_FORM form, const SG_TERM *seeds)
{
    for (uint32_t k = 0; k < r->leaf_count; k++)
        r->leaves[k] = SG_MAKE_NOTHING;
    for (uint32_t k = 0; k < SG_PRIMAL(form)->root_count; k++)
        if (!is_constant_of_size(seeds[k], 0.0))
            add_adjoint(r, form, SG_PRIMAL(form)->roots[k], seeds[k]);
    for (uint32_t i = r->count; i-- > 0;) {
        SG_TERM d = r->adjoints[i];
        if (SG_IS_NOTHING(d))
            continue;
        r->adjoints[i] = SG_MAKE_NOTHING;
        uint32_t start = SG_PRIMAL(form)->starts[i], n = sg_end_of(SG_PRIMAL(form), i) - start;
        for (uint32_t k = 0; k < n; k++) {
            uint32_t operand = SG_PRIMAL(form)->operands[start + k];
            r->wants[k] = !(operand & SG_CONST) && r->known[operand];
        }
        sg_written written = find_partials(form, i, n, r->wants, r->partials);
        if (written != SG_WRITTEN)
            return written;
        for (uint32_t k = 0; k < n; k++)
            if (r->wants[k]) {
                r->wants[k] = !is_constant_of_size(r->partials[k], 0.0);
                if (r->wants[k])
                    r->partials[k] = chain(form, d, r->partials[k]);
            }
        for (uint32_t k = 0; k < n; k++)
            if (r->wants[k])
                add_adjoint(r, form, SG_PRIMAL(form)->operands[start + k], r->partials[k]);
    }
    return SG_WRITTEN;
}
