/* The tangents of a gradient, as numbers. The adjoint is swept over numbers that carry a slope. */
#include "records/curvature.h"

#include <math.h>

#include "table/reductions.h"
#include "tape/memory.h"

/* A number that stands for a node of the adjoint record, or for a constant; with its tangent, if it has one. */
typedef struct {
    double number, tangent;
    uint8_t is_node, moves;
} dual;

#define SG_NEVER 2           /* in `moves`: an empty entry of a table */

typedef struct {
    sg_writer primal;
    int failed;              /* memory ran out */
    double *tangents;        /* of the primal nodes */
    uint8_t *moves;          /* whether they have one */
} curvature;

static inline dual dual_of(const curvature *c, uint32_t operand)
{
    const sg_writer *w = &c->primal;
    if (operand & SG_CONST)
        return (dual){w->consts[operand & ~SG_CONST], 0.0, 0, 0};
    return (dual){w->values[operand], c->tangents[operand], 1, c->moves[operand]};
}

/* Adds what an operand with a tangent contributes to the tangent of an operation. */
static inline void add_slope(dual *z, double tangent, double partial)
{
    if (partial == 0.0)
        return;
    double product = sg_value_zmul(tangent, partial);
    z->tangent = z->moves ? z->tangent + product : product;
    z->moves = 1;
}

static inline __attribute__((always_inline)) dual dual_value(int op, int n, const dual *x)
{
    dual z = {0.0, 0.0, (uint8_t)(x[0].is_node | (n > 1 && x[1].is_node) | (n > 2 && x[2].is_node)), 0};
    switch (op) {
    case SG_ADD:
        z.number = sg_value_add(x[0].number, x[1].number);
        if (x[0].moves)
            add_slope(&z, x[0].tangent, 1.0);
        if (x[1].moves)
            add_slope(&z, x[1].tangent, 1.0);
        return z;
    case SG_ZMUL:
        z.number = sg_value_zmul(x[0].number, x[1].number);
        if (x[0].moves)
            add_slope(&z, x[0].tangent, x[1].number);
        if (x[1].moves)
            add_slope(&z, x[1].tangent, x[0].number);
        return z;
    case SG_MUL:
        z.number = sg_value_mul(x[0].number, x[1].number);
        if (x[0].moves)
            add_slope(&z, x[0].tangent, x[1].number);
        if (x[1].moves)
            add_slope(&z, x[1].tangent, x[0].number);
        return z;
    default:
        break;
    }
    double at[3] = {x[0].number, n > 1 ? x[1].number : 0.0, n > 2 ? x[2].number : 0.0};
    z.number = sg_value(op, at[0], at[1], at[2]);
    for (int k = 0; k < n; k++)
        if (x[k].moves)
            add_slope(&z, x[k].tangent, sg_partial(op, k, at[0], at[1], at[2], z.number));
    return z;
}

static inline dual emit_dual(int op, int n, const dual *x)
{
    return dual_value(op, n, x);
}

/* A reduction, which has no constants before its operands. */
static dual emit_dual_reduction(curvature *c, int op, uint32_t n, const dual *x)
{
    dual z = {0.0, 0.0, 0, 0};
    double *numbers = sg_alloc(n * sizeof *numbers);
    uint32_t *positions = sg_alloc(n * sizeof *positions);
    c->failed |= !numbers || !positions;
    if (!c->failed) {
        for (uint32_t k = 0; k < n; k++) {
            positions[k] = k;
            numbers[k] = x[k].number;
            z.is_node |= x[k].is_node;
        }
        z.number = sg_reduce(op, numbers, n);
        sg_gathered all = sg_gather(op, numbers, NULL, positions, n, z.number);
        for (uint32_t k = 0; k < n; k++)
            if (x[k].moves)
                add_slope(&z, x[k].tangent,
                          sg_reduction_partial(op, numbers[k], op == SG_DOT ? numbers[k ^ 1] : 0.0, z.number, all));
    }
    sg_free(numbers);
    sg_free(positions);
    return z;
}

#define SG_FORM curvature *
#define SG_TERM dual
#define SG_PRIMAL(form) (&(form)->primal)
#define SG_IS_CONSTANT(x) (!(x).is_node)
#define SG_NUMBER_OF(x) ((x).number)
#define SG_MAKE_CONSTANT(x) ((dual){(x), 0.0, 0, 0})
#define SG_MAKE_TERM(form, x) dual_of((form), (x))
#define SG_EMIT(form, op, n, x, since) ((void)(form), (void)(since), emit_dual((op), (n), (x)))
#define SG_EMIT_REDUCTION(form, op, n, x) emit_dual_reduction((form), (op), (n), (x))
#define SG_PRESENT(form) ((void)(form), SG_NEW_NODE)
#include "records/partials.h"

#define SG_IS_NOTHING(x) ((x).moves == SG_NEVER)
#define SG_MAKE_NOTHING ((dual){0.0, 0.0, 0, SG_NEVER})
#include "records/reverse.h"

/* The tangent of a reduction, node i. */
static sg_written push_reduction(curvature *c, uint32_t i, dual *z)
{
    const sg_writer *w = &c->primal;
    const uint32_t *args = w->operands + w->starts[i];
    int op = w->kinds[i];
    uint32_t n = sg_end_of(w, i) - w->starts[i], first = sg_first_argument(op), by = sg_argument_step(op);
    sg_gathered all = sg_gather(op, w->values, w->consts, args, n, w->values[i]);
    if (op == SG_CUSTOM)
        return SG_REFUSED;
    for (uint32_t k = first; k < n; k += by) {
        if (args[k] & SG_CONST || !c->moves[args[k]])
            continue;
        uint32_t partner = (k - first) % 2 == 0 ? k + 1 : k - 1;
        double y = op == SG_DOT || op == SG_RULED ? dual_of(c, args[partner]).number : 0.0;
        add_slope(z, c->tangents[args[k]], sg_reduction_partial(op, w->values[args[k]], y, w->values[i], all));
    }
    return SG_WRITTEN;
}

/* The tangents of all primal nodes, where leaves that do not move have the table entry SG_NEVER. */
static sg_written push_primal(curvature *c, const dual *leaves)
{
    const sg_writer *w = &c->primal;
    for (uint32_t i = 0; i < w->count; i++) {
        const uint32_t *args = w->operands + w->starts[i];
        uint32_t n = sg_end_of(w, i) - w->starts[i];
        dual z = {0.0, 0.0, 1, 0}, x[3];
        if (w->kinds[i] == SG_LEAF) {
            dual leaf = leaves[args[0]];
            c->tangents[i] = leaf.tangent;
            c->moves[i] = leaf.moves == 1;
            continue;
        }
        int any = 0;
        for (uint32_t k = 0; k < n; k++)
            any |= !(args[k] & SG_CONST) && c->moves[args[k]];
        if (any && w->kinds[i] >= SG_FIRST_REDUCTION) {
            if (push_reduction(c, i, &z) != SG_WRITTEN)
                return SG_REFUSED;
        } else if (any) {
            for (uint32_t k = 0; k < n; k++)
                x[k] = dual_of(c, args[k]);
            double at[3] = {x[0].number, n > 1 ? x[1].number : 0.0, n > 2 ? x[2].number : 0.0};
            for (uint32_t k = 0; k < n; k++)
                if (x[k].moves)
                    add_slope(&z, x[k].tangent,
                              sg_partial(w->kinds[i], (int)k, at[0], at[1], at[2], w->values[i]));
        }
        c->tangents[i] = z.tangent;
        c->moves[i] = z.moves;
    }
    return SG_WRITTEN;
}

static sg_written curve(curvature *c, reverse *r, const uint64_t *wanted, uint64_t wanted_count, const dual *seeds,
                        const double *directions, uint64_t count, double *out)
{
    for (uint64_t d = 0; d < count; d++, directions += wanted_count, out += wanted_count) {
        for (uint32_t k = 0; k < r->leaf_count; k++)
            r->leaves[k] = SG_MAKE_NOTHING;
        for (uint64_t k = 0; k < wanted_count; k++)
            if (wanted[k] < r->leaf_count && directions[k] != 0.0)
                r->leaves[wanted[k]] = (dual){0.0, directions[k], 1, 1};
        sg_written written = push_primal(c, r->leaves);
        if (written == SG_WRITTEN)
            written = sweep_back(r, c, seeds);
        if (written != SG_WRITTEN || c->failed)
            return c->failed ? SG_WRITTEN_NOT : written;
        for (uint64_t k = 0; k < wanted_count; k++) {
            dual found = wanted[k] < r->leaf_count ? r->leaves[wanted[k]] : SG_MAKE_NOTHING;
            out[k] = found.moves == 1 ? found.tangent + 0.0 : 0.0;
        }
    }
    return SG_WRITTEN;
}

sg_written sg_curvature(const sg_record *record, const uint64_t *wanted, uint64_t wanted_count, const double *seeds,
                        const double *directions, uint64_t count, double *out)
{
    curvature c = {0};
    reverse r = {0};
    sg_written written = sg_writer_read(&c.primal, record);
    if (written != SG_WRITTEN)
        return written;
    c.tangents = sg_alloc(c.primal.count * sizeof *c.tangents);
    c.moves = sg_alloc(c.primal.count);
    dual *starts = sg_alloc(c.primal.root_count * sizeof *starts);
    written = SG_WRITTEN_NOT;
    if (c.tangents && c.moves && starts &&
        begin_reverse(&r, &c, (uint32_t)record->leaf_count, wanted, wanted_count)) {
        for (uint32_t k = 0; k < c.primal.root_count; k++)
            starts[k] = SG_MAKE_CONSTANT(seeds[k]);
        written = curve(&c, &r, wanted, wanted_count, starts, directions, count, out);
    }
    end_reverse(&r);
    sg_free(starts);
    sg_free(c.tangents);
    sg_free(c.moves);
    sg_writer_free(&c.primal);
    return written;
}
