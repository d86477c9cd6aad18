/* A record that grows. */
#include "records/writer.h"

#include <string.h>

#include "table/reductions.h"
#include "table/table.h"
#include "tape/memory.h"
#include "tape/reading.h"

/* --- written ------------------------------------------------------------------------------------------------------ */

static int grow_to(sg_writer *w, uint32_t need)
{
    uint32_t kinds = w->capacity, values = w->capacity, starts = w->capacity;
    if (!sg_grow_array((void **)&w->kinds, &kinds, need, sizeof *w->kinds) ||
        !sg_grow_array((void **)&w->values, &values, need, sizeof *w->values) ||
        !sg_grow_array((void **)&w->starts, &starts, need, sizeof *w->starts))
        return 0;
    w->capacity = kinds;
    return 1;
}

/* Makes room for one more node of n operands, all of which may be constants. */
static inline int make_room(sg_writer *w, uint32_t n)
{
    if (w->count < w->capacity && w->operand_capacity - w->operand_count >= n &&
        w->const_capacity - w->const_count >= n)
        return 1;
    return n < SG_CONST - w->operand_count && (w->count < w->capacity || grow_to(w, w->count + 1)) &&
           sg_grow_array((void **)&w->operands, &w->operand_capacity, w->operand_count + n, sizeof *w->operands) &&
           sg_grow_array((void **)&w->consts, &w->const_capacity, w->const_count + n, sizeof *w->consts);
}

static inline void write_operand(sg_writer *w, sg_term x)
{
    if (x.at == SG_NUMBER) {
        w->operands[w->operand_count++] = SG_CONST | w->const_count;
        w->consts[w->const_count++] = x.number;
    } else {
        w->operands[w->operand_count++] = x.at;
    }
}

static inline int is_same(const sg_writer *w, uint32_t operand, sg_term x)
{
    if (!(operand & SG_CONST) || x.at != SG_NUMBER)
        return operand == x.at;
    double number = w->consts[operand & ~SG_CONST];
    return memcmp(&number, &x.number, sizeof number) == 0 || (number != number && x.number != x.number);
}

static sg_term known(const sg_writer *w, int op, int n, const sg_term *operands, uint32_t since)
{
    for (uint32_t i = since; i < w->count; i++) {
        if (w->kinds[i] != op)
            continue;
        const uint32_t *found = w->operands + w->starts[i];
        int k = 0;
        while (k < n && is_same(w, found[k], operands[k]))
            k++;
        if (k == n)
            return (sg_term){i, w->values[i]};
    }
    return (sg_term){SG_NOTHING, 0.0};
}

static inline double value_of(int op, double x, double y, double w)
{
    switch (op) {
    case SG_ADD:
        return sg_value_add(x, y);
    case SG_MUL:
        return sg_value_mul(x, y);
    case SG_ZMUL:
        return sg_value_zmul(x, y);
    default:
        return sg_value(op, x, y, w);
    }
}

sg_term sg_write(sg_writer *w, int op, int n, const sg_term *x, uint32_t since)
{
    double value = value_of(op, x[0].number, n > 1 ? x[1].number : 0.0, n > 2 ? x[2].number : 0.0);
    if (x[0].at == SG_NUMBER && (n < 2 || x[1].at == SG_NUMBER) && (n < 3 || x[2].at == SG_NUMBER))
        return (sg_term){SG_NUMBER, value};
    if (since < w->count) {
        sg_term found = known(w, op, n, x, since);
        if (found.at != SG_NOTHING)
            return found;
    }
    if (w->failed || !make_room(w, (uint32_t)n)) {
        w->failed = 1;
        return (sg_term){SG_NUMBER, value};
    }
    uint32_t i = w->count++;
    w->kinds[i] = (uint8_t)op;
    w->values[i] = value;
    w->starts[i] = w->operand_count;
    for (int k = 0; k < n; k++)
        write_operand(w, x[k]);
    return (sg_term){i, value};
}

sg_term sg_write_reduction(sg_writer *w, int op, uint32_t n, const sg_term *x)
{
    sg_term result = {SG_NUMBER, 0.0};
    double *numbers = sg_alloc(n * sizeof *numbers);
    int constants = 1;
    if (!numbers || !make_room(w, n) || w->failed) {
        sg_free(numbers);
        w->failed = 1;
        return result;
    }
    for (uint32_t k = 0; k < n; k++) {
        numbers[k] = x[k].number;
        constants &= x[k].at == SG_NUMBER;
    }
    result.number = sg_reduce(op, numbers, n);
    sg_free(numbers);
    if (constants)
        return result;
    result.at = w->count++;
    w->kinds[result.at] = (uint8_t)op;
    w->values[result.at] = result.number;
    w->starts[result.at] = w->operand_count;
    for (uint32_t k = 0; k < n; k++)
        write_operand(w, x[k]);
    return result;
}

/* --- read --------------------------------------------------------------------------------------------------------- */

static int reserve(sg_writer *w, const sg_record *r)
{
    return r->count < SG_CONST && r->code_count < SG_CONST && r->const_count < SG_CONST && r->leaf_count < SG_CONST &&
           grow_to(w, (uint32_t)r->count) &&
           sg_grow_array((void **)&w->operands, &w->operand_capacity, (uint32_t)r->code_count, sizeof *w->operands) &&
           sg_grow_array((void **)&w->consts, &w->const_capacity, (uint32_t)r->const_count, sizeof *w->consts) &&
           r->root_count < SG_CONST && (w->roots = sg_alloc(r->root_count * sizeof *w->roots)) != NULL;
}

sg_written sg_writer_read(sg_writer *w, const sg_record *record)
{
    sg_reader s = {.record = record};
    int read, joint = 0;
    memset(w, 0, sizeof *w);
    if (!reserve(w, record)) {
        sg_writer_free(w);
        return SG_WRITTEN_NOT;
    }
    while ((read = sg_read_node(&s)) == 1) {
        joint |= s.op >= SG_FIRST_JOINT;
        w->kinds[w->count] = (uint8_t)s.op;
        w->values[w->count] = record->values[w->count];
        w->starts[w->count++] = w->operand_count;
        for (uint32_t k = 0; k < s.n; k++) {
            uint64_t code = s.codes[k];
            w->operands[w->operand_count++] = code & SG_CODE_CONST ? SG_CONST | (uint32_t)code : (uint32_t)code;
        }
    }
    if (read == 0 && !joint) {
        if (record->const_count)
            memcpy(w->consts, record->consts, record->const_count * sizeof *w->consts);
        w->const_count = (uint32_t)record->const_count;
        w->root_count = (uint32_t)record->root_count;
        for (uint32_t k = 0; k < w->root_count; k++)
            w->roots[k] = record->roots[k] & SG_CODE_CONST ? SG_CONST : (uint32_t)record->roots[k];
        return SG_WRITTEN;
    }
    sg_writer_free(w);
    return read == 0 ? SG_DECLINED : SG_MALFORMED;
}

sg_written sg_writer_seeds(const sg_writer *w, const sg_seed *seeds, uint64_t count, sg_term *terms)
{
    for (uint64_t k = 0; k < count; k++) {
        terms[k] = (sg_term){SG_NUMBER, seeds[k].number};
        if (seeds[k].leaf & SG_CODE_CONST)
            continue;
        uint32_t i = w->count;
        while (i && !(w->kinds[i - 1] == SG_LEAF && w->operands[w->starts[i - 1]] == seeds[k].leaf))
            i--;
        if (!i)
            return SG_MALFORMED;
        terms[k] = sg_term_of(w, i - 1);
    }
    return SG_WRITTEN;
}

void sg_writer_free(sg_writer *w)
{
    sg_free(w->roots);
    sg_free(w->kinds);
    sg_free(w->values);
    sg_free(w->starts);
    sg_free(w->operands);
    sg_free(w->consts);
    memset(w, 0, sizeof *w);
}

/* --- as a record -------------------------------------------------------------------------------------------------- */

void sg_writer_count(const sg_writer *w, const sg_term *results, uint64_t count, uint64_t *codes, uint64_t *consts)
{
    *codes = w->operand_count;
    *consts = 0;
    for (uint32_t i = 0; i < w->count; i++)
        *codes += w->kinds[i] >= SG_FIRST_REDUCTION;
    for (uint32_t k = 0; k < w->operand_count; k++)
        *consts += w->operands[k] >> 31;
    for (uint64_t k = 0; k < count; k++)
        *consts += results[k].at == SG_NUMBER;
}

void sg_writer_fill(const sg_writer *w, const sg_term *results, uint64_t count, uint64_t *codes, double *consts,
                    uint64_t *roots)
{
    uint64_t found = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        uint32_t start = w->starts[i], end = sg_end_of(w, i);
        if (w->kinds[i] >= SG_FIRST_REDUCTION)
            *codes++ = end - start;
        for (uint32_t k = start; k < end; k++) {
            uint32_t operand = w->operands[k];
            *codes++ = operand & SG_CONST ? SG_CODE_CONST | found : operand;
            if (operand & SG_CONST)
                consts[found++] = w->consts[operand & ~SG_CONST];
        }
    }
    for (uint64_t k = 0; k < count; k++) {
        roots[k] = results[k].at == SG_NUMBER ? SG_CODE_CONST | found : results[k].at;
        if (results[k].at == SG_NUMBER)
            consts[found++] = results[k].number;
    }
}
