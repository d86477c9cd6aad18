/* Partials of the table as terms: the programs of walks.py, run. adjoint.c, tangent.c and curvature.c each include this
 * file once, and define before:
 *   SG_FORM                    a pointer to what they write to
 *   SG_TERM                    the type of an operand: a node, or a constant
 *   SG_PRIMAL(form)            the sg_writer with the nodes whose partials are wanted
 *   SG_IS_CONSTANT(x)          whether a term is a constant
 *   SG_NUMBER_OF(x)            the number of a term
 *   SG_MAKE_CONSTANT(x)        a number as a term
 *   SG_MAKE_TERM(form, x)      an operand of a node, as the sg_writer has it, as a term
 *   SG_EMIT(form, op, n, x, since)   a node of a row; see sg_write()
 *   SG_PRESENT(form)           the position of the next node that is written
 * scalargrad/records/writer.py has the same. */
#include "programs.h"
#include "records/writer.h"
#include "table/reductions.h"
#include "table/table.h"
#include "tape/memory.h"

#define SG_NEW_NODE UINT32_MAX              /* as `since`: no node is used again */

static inline SG_TERM emit_one(SG_FORM form, int op, SG_TERM x)
{
    return SG_EMIT(form, op, 1, &x, SG_NEW_NODE);
}

static inline SG_TERM emit_two(SG_FORM form, int op, SG_TERM x, SG_TERM y)
{
    SG_TERM both[2] = {x, y};
    return SG_EMIT(form, op, 2, both, SG_NEW_NODE);
}

static inline int is_constant_of_size(SG_TERM x, double size)
{
    return SG_IS_CONSTANT(x) && fabs(SG_NUMBER_OF(x)) == size;
}

/* An adjoint or a tangent times a partial. */
static inline SG_TERM chain(SG_FORM form, SG_TERM d, SG_TERM partial)
{
    if (is_constant_of_size(partial, 1.0))
        return SG_NUMBER_OF(partial) > 0.0 ? d : emit_one(form, SG_NEG, d);
    if (is_constant_of_size(d, 1.0))
        return SG_NUMBER_OF(d) > 0.0 ? partial : emit_one(form, SG_NEG, partial);
    return emit_two(form, SG_ZMUL, d, partial);
}

/* Runs a program. It uses nodes again that have been written from position `since` on. */
static SG_TERM run_program(SG_FORM form, int start, const SG_TERM *operands, SG_TERM result, uint32_t since)
{
    SG_TERM stack[SG_STACK];
    int top = 0;
    for (const sg_step *step = sg_steps + start; step->kind != SG_STEP_END; step++) {
        switch (step->kind) {
        case SG_STEP_OPERAND:
            stack[top++] = operands[step->at];
            break;
        case SG_STEP_RESULT:
            stack[top++] = result;
            break;
        case SG_STEP_OPERAND_NUMBER:
            stack[top++] = SG_MAKE_CONSTANT(SG_NUMBER_OF(operands[step->at]));
            break;
        case SG_STEP_RESULT_NUMBER:
            stack[top++] = SG_MAKE_CONSTANT(SG_NUMBER_OF(result));
            break;
        case SG_STEP_CONSTANT:
            stack[top++] = SG_MAKE_CONSTANT(step->constant);
            break;
        case SG_STEP_CALL:
            top -= step->count;
            stack[top] = SG_EMIT(form, step->at, step->count, stack + top, since);
            top++;
            break;
        case SG_STEP_UNLESS:
            top--;
            if (SG_NUMBER_OF(stack[top]) == 0.0)
                step = sg_steps + step->at - 1;
            break;
        default: /* SG_STEP_JUMP */
            step = sg_steps + step->at - 1;
        }
    }
    return stack[0];
}

/* The partials of a product: the product of the others, of those before and those after. */
static int partials_of_product(SG_FORM form, uint32_t position, uint32_t n, const uint8_t *wants, SG_TERM *found)
{
    const sg_writer *w = SG_PRIMAL(form);
    uint32_t start = w->starts[position];
    double z = w->values[position];
    sg_gathered all = sg_gather(SG_PROD, w->values, w->consts, w->operands + start, n, z);
    SG_TERM *after = sg_alloc(n * sizeof *after), before = SG_MAKE_CONSTANT(1.0);
    if (!after)
        return 0;
    after[0] = before;
    for (uint32_t k = 1; k < n; k++) {
        SG_TERM x = SG_MAKE_TERM(form, SG_PRIMAL(form)->operands[start + n - k]);
        after[k] = k == 1 ? x : emit_two(form, SG_MUL, after[k - 1], x);
    }
    for (uint32_t k = 0; k < n; k++) {
        SG_TERM x = SG_MAKE_TERM(form, SG_PRIMAL(form)->operands[start + k]), rest = after[n - 1 - k];
        if (wants[k]) {
            SG_TERM product = k == 0 ? rest : k == n - 1 ? before : emit_two(form, SG_ZMUL, before, rest);
            double exact = sg_reduction_partial(SG_PROD, SG_NUMBER_OF(x), 0.0, z, all);
            found[k] = emit_two(form, SG_INSTEAD, product, SG_MAKE_CONSTANT(exact));
        }
        before = k == 0 ? x : emit_two(form, SG_MUL, before, x);
    }
    sg_free(after);
    return 1;
}

/* The partials of node `position`, no leaf, by those of its n operands where wants[] is not 0. Clears wants[] for
 * operands that no derivative is taken by. */
static sg_written find_partials(SG_FORM form, uint32_t position, uint32_t n, uint8_t *wants, SG_TERM *found)
{
    const sg_writer *w = SG_PRIMAL(form);
    int op = w->kinds[position];
    uint32_t start = w->starts[position], since = SG_PRESENT(form);
    SG_TERM result = SG_MAKE_TERM(form, position), x[3];
    if (op < SG_FIRST_REDUCTION) {
        for (uint32_t k = 0; k < n; k++)
            x[k] = SG_MAKE_TERM(form, w->operands[start + k]);
        for (uint32_t k = 0; k < n; k++)
            if (wants[k])
                found[k] = run_program(form, sg_programs[op][k], x, result, since);
        return SG_WRITTEN;
    }
    if (op == SG_CUSTOM)
        return SG_REFUSED;
    if (op == SG_PROD)
        return partials_of_product(form, position, n, wants, found) ? SG_WRITTEN : SG_WRITTEN_NOT;
    uint32_t first = sg_first_argument(op), by = sg_argument_step(op);
    int pairs = op == SG_DOT || op == SG_RULED;
    sg_gathered all = sg_gather(op, w->values, w->consts, w->operands + start, n, w->values[position]);
    for (uint32_t k = 0; k < n; k++) {
        wants[k] &= k >= first && (k - first) % by == 0;
        if (!wants[k])
            continue;
        uint32_t partner = (k - first) % 2 == 0 ? k + 1 : k - 1;
        const uint32_t *operands = SG_PRIMAL(form)->operands + start;
        x[0] = SG_MAKE_TERM(form, operands[k]);
        x[1] = pairs ? SG_MAKE_TERM(form, operands[partner]) : SG_MAKE_CONSTANT(0.0);
        double number = sg_reduction_partial(op, SG_NUMBER_OF(x[0]), SG_NUMBER_OF(x[1]), SG_NUMBER_OF(result), all);
        x[2] = SG_MAKE_CONSTANT(number);
        found[k] = run_program(form, sg_programs[op][0], x, result, SG_PRESENT(form));
    }
    return SG_WRITTEN;
}
