/* Reading a record node by node. */
#include "tape/reading.h"

#include "tape/operands.h"

static int is_legal_code(const sg_record *r, uint64_t code, uint64_t before)
{
    return code & SG_CODE_CONST ? (code & ~SG_CODE_CONST) < r->const_count : code < before;
}

/* Whether the operands, whose number is n, fit an operation. */
static int fits(int op, uint64_t n, const uint64_t *codes)
{
    int constant = codes[0] >> 63;
    switch (op) {
    case SG_DOT:
        return n % 2 == 0;
    case SG_LOGSUMEXP:
    case SG_RULED:
        return constant && (op == SG_LOGSUMEXP || n % 2 == 1);
    case SG_CUSTOM: /* its value and its partials are constants */
        for (uint64_t k = 2; k < n; k += 2)
            constant &= (int)(codes[k] >> 63);
        return constant && n % 2 == 1;
    case SG_SOLVE:
        return constant;
    default:
        return 1;
    }
}

/* Notes a result of a joint operation, or any other node. 0: they are not together. */
static int follows(sg_reader *s)
{
    if ((s->others > 0) != (s->op == SG_ALSO))
        return 0;
    if (s->op == SG_ALSO) {
        s->others--;
        return s->n == 1 && s->codes[0] == s->joint;
    }
    if (s->op < SG_FIRST_JOINT)
        return 1;
    uint64_t count = sg_joint_count(s->op, s->n, sg_code_number(s->record, s->codes[0]));
    s->joint = s->position;
    s->others = count - 1;
    return count > 0;
}

static int is_end_legal(const sg_reader *s)
{
    const sg_record *r = s->record;
    int legal = s->next_code == r->code_count && !s->others;
    for (uint64_t k = 0; k < r->root_count; k++)
        legal &= is_legal_code(r, r->roots[k], r->count);
    return legal;
}

int sg_read_node(sg_reader *s)
{
    const sg_record *r = s->record;
    if (s->position == r->count)
        return is_end_legal(s) ? 0 : -1;
    uint64_t left = r->code_count - s->next_code, n = 1;
    s->op = r->ops[s->position];
    if (s->op == SG_LINK || s->op >= SG_OPCODES)
        return -1;
    if (s->op >= SG_FIRST_REDUCTION) {
        if (!left)
            return -1;
        n = r->codes[s->next_code++];
        left--;
    } else if (s->op != SG_LEAF) {
        n = (uint64_t)sg_arity[s->op];
    }
    if (n == 0 || n > left || n >= SG_CONST)
        return -1;
    s->codes = r->codes + s->next_code;
    s->n = (uint32_t)n;
    s->next_code += n;
    if (s->op == SG_LEAF) {
        if (s->codes[0] >= r->leaf_count)
            return -1;
    } else {
        uint64_t constants = 1;
        for (uint64_t k = 0; k < n; k++) {
            if (!is_legal_code(r, s->codes[k], s->position))
                return -1;
            constants &= s->codes[k] >> 63;
        }
        if (constants || !fits(s->op, n, s->codes))
            return -1;
    }
    if (!follows(s))
        return -1;
    s->position++;
    return 1;
}
