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
 *   SG_EMIT_REDUCTION(form, op, n, x)   a node of a reduction
 *   SG_PRESENT(form)           the position of the next node that is written
 * scalargrad/records/partials.py has the same. */
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

/* The number of the partial by operand k of a reduction, node `position`, whose operands are pairs if `pairs`. */
static double exact_partial(SG_FORM form, uint32_t position, uint32_t k, sg_gathered all)
{
    const sg_writer *w = SG_PRIMAL(form);
    int op = w->kinds[position];
    const uint32_t *operands = w->operands + w->starts[position];
    double x = sg_number_at(w->values, w->consts, operands[k]), y = 0.0;
    if (op == SG_DOT || op == SG_RULED)
        y = sg_number_at(w->values, w->consts, operands[(k - sg_first_argument(op)) % 2 == 0 ? k + 1 : k - 1]);
    return sg_reduction_partial(op, x, y, w->values[position], all);
}

/* --- products ----------------------------------------------------------------------------------------------------- */

#define SG_PRODUCT_ROOM 900.0        /* products below 2**900 and above 2**-900 are far from over- and underflow */

/* Whether no product of some operands comes near to over- or underflow. */
static inline int has_room(const sg_writer *w, const uint32_t *operands, uint32_t n)
{
    double above = 0.0, below = 0.0;
    for (uint32_t k = 0; k < n; k++) {
        double x = fabs(sg_number_at(w->values, w->consts, operands[k])), power = x != 0.0 ? log2(x) : 0.0;
        above += power > 0.0 ? power : 0.0;
        below -= power < 0.0 ? power : 0.0;
    }
    return above < SG_PRODUCT_ROOM && below < SG_PRODUCT_ROOM;
}

/* The partials of a product, node `position`, by its operands x, each the product of the others. `space` has room for
 * n terms. */
static void partials_of_product(SG_FORM form, uint32_t position, uint32_t n, const SG_TERM *x, const uint8_t *wants,
                                SG_TERM *space, SG_TERM *found)
{
    const sg_writer *w = SG_PRIMAL(form);
    const uint32_t *operands = w->operands + w->starts[position];
    sg_gathered all = sg_gather(SG_PROD, w->values, w->consts, operands, n, w->values[position]);
    SG_TERM before = SG_MAKE_CONSTANT(1.0);
    int apart = n > 1 && !has_room(w, operands, n);
    space[0] = before;
    for (uint32_t k = 1; !apart && k < n; k++)        /* the products of the last k operands */
        space[k] = k == 1 ? x[n - 1] : emit_two(form, SG_MUL, space[k - 1], x[n - k]);
    for (uint32_t k = 0; k < n; k++) {
        SG_TERM exact = SG_MAKE_CONSTANT(exact_partial(form, position, k, all)), product;
        if (apart) {
            if (!wants[k])
                continue;
            for (uint32_t j = 0; j + 1 < n; j++)
                space[j] = x[j < k ? j : j + 1];
            product = n > 2 ? SG_EMIT_REDUCTION(form, SG_PROD, n - 1, space) : space[0];
            found[k] = emit_two(form, SG_INSTEAD, product, exact);
            continue;
        }
        if (wants[k]) {
            SG_TERM rest = space[n - 1 - k];
            product = k == 0 ? rest : k == n - 1 ? before : emit_two(form, SG_ZMUL, before, rest);
            found[k] = emit_two(form, SG_INSTEAD, product, exact);
        }
        before = k == 0 ? x[k] : emit_two(form, SG_MUL, before, x[k]);
    }
}

/* --- shares and directions ---------------------------------------------------------------------------------------- */

#define SG_NO_OPERAND UINT32_MAX

/* The operand whose partial follows from the others: the first of the largest, in a sum of exponentials by value, in a
 * norm by size; SG_NO_OPERAND in other reductions, at the origin and at infinity. */
static inline uint32_t largest_operand(const sg_writer *w, uint32_t position, uint32_t n)
{
    int op = w->kinds[position];
    double z = w->values[position], most = -1.0;
    uint32_t largest = SG_NO_OPERAND;
    if ((op != SG_LOGSUMEXP && op != SG_NORM) || (op == SG_NORM && z == 0.0) || z - z != 0.0)
        return largest;
    for (uint32_t k = sg_first_argument(op); k < n; k++) {
        double x = sg_number_at(w->values, w->consts, w->operands[w->starts[position] + k]);
        x = op == SG_NORM ? fabs(x) : x;
        if (largest == SG_NO_OPERAND || x > most) {
            largest = k;
            most = x;
        }
    }
    return largest;
}

/* The partial by the largest operand: the shares have the sum 1, the directions the sum of squares 1. `space` has room
 * for 2 * n terms. */
static SG_TERM rest_of(SG_FORM form, int op, uint32_t n, uint32_t largest, double exact, const SG_TERM *found,
                       SG_TERM *space)
{
    uint32_t count = 0, by = op == SG_NORM ? 2 : 1;
    SG_TERM whole = SG_MAKE_CONSTANT(exact), rest;
    for (uint32_t k = sg_first_argument(op); k < n; k++)
        for (uint32_t j = 0; k != largest && j < by; j++)
            space[count++] = found[k];
    if (!count)
        return whole;
    if (op == SG_LOGSUMEXP) {
        rest = emit_one(form, SG_NEG, SG_EMIT_REDUCTION(form, SG_SUM, count, space));
    } else {
        rest = SG_EMIT_REDUCTION(form, SG_DOT, count, space);
        rest = emit_one(form, SG_SQRT, emit_two(form, SG_SUB, SG_MAKE_CONSTANT(1.0), rest));
        rest = exact >= 0.0 ? rest : emit_one(form, SG_NEG, rest);
    }
    return emit_two(form, SG_INSTEAD, rest, whole);
}

/* --- a node ------------------------------------------------------------------------------------------------------- */

/* The partials of a reduction. `x` has its operands, `space` room for 2 * n terms. */
static void partials_of_many(SG_FORM form, uint32_t position, uint32_t n, const SG_TERM *x, uint8_t *wants,
                             SG_TERM *space, SG_TERM *found)
{
    const sg_writer *w = SG_PRIMAL(form);
    int op = w->kinds[position];
    uint32_t first = sg_first_argument(op), by = sg_argument_step(op), largest = largest_operand(w, position, n);
    int all_wanted = largest != SG_NO_OPERAND && wants[largest], pairs = op == SG_DOT || op == SG_RULED;
    sg_gathered all = sg_gather(op, w->values, w->consts, w->operands + w->starts[position], n, w->values[position]);
    SG_TERM result = SG_MAKE_TERM(form, position), given[3];
    for (uint32_t k = 0; k < n; k++) {
        int is_argument = k >= first && (k - first) % by == 0;
        wants[k] &= is_argument;
        if (k == largest || !is_argument || !(wants[k] || all_wanted))
            continue;
        given[0] = x[k];
        given[1] = pairs ? x[(k - first) % 2 == 0 ? k + 1 : k - 1] : SG_MAKE_CONSTANT(0.0);
        given[2] = SG_MAKE_CONSTANT(exact_partial(form, position, k, all));
        found[k] = run_program(form, sg_programs[op][0], given, result, SG_PRESENT(form));
    }
    if (all_wanted)
        found[largest] = rest_of(form, op, n, largest, exact_partial(form, position, largest, all), found, space);
}

/* The partials of node `position`, no leaf, by those of its n operands where wants[] is not 0. Clears wants[] for
 * operands that no derivative is taken by. */
static sg_written find_partials(SG_FORM form, uint32_t position, uint32_t n, uint8_t *wants, SG_TERM *found)
{
    const sg_writer *w = SG_PRIMAL(form);
    int op = w->kinds[position];
    uint32_t start = w->starts[position], since = SG_PRESENT(form);
    if (op < SG_FIRST_REDUCTION) {
        SG_TERM result = SG_MAKE_TERM(form, position), x[3];
        for (uint32_t k = 0; k < n; k++)
            x[k] = SG_MAKE_TERM(form, w->operands[start + k]);
        for (uint32_t k = 0; k < n; k++)
            if (wants[k])
                found[k] = run_program(form, sg_programs[op][k], x, result, since);
        return SG_WRITTEN;
    }
    if (op == SG_CUSTOM)
        return SG_REFUSED;
    SG_TERM *x = sg_alloc(3 * (size_t)n * sizeof *x);
    if (!x)
        return SG_WRITTEN_NOT;
    for (uint32_t k = 0; k < n; k++)
        x[k] = SG_MAKE_TERM(form, w->operands[start + k]);
    if (op == SG_PROD)
        partials_of_product(form, position, n, x, wants, x + n, found);
    else
        partials_of_many(form, position, n, x, wants, x + n, found);
    sg_free(x);
    return SG_WRITTEN;
}
