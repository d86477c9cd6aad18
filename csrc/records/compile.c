/* Makes a program of a record. */
#include "records/compile.h"

#include <string.h>

#include "tape/memory.h"

#define MOST ((uint32_t)1 << 24)    /* nodes that a record may have */

/* What a program is made from. The name of a node is the first node that is the same; of a constant, SG_CONST | the
 * first constant with its bits. SG_NOTHING stands for none. */
typedef struct {
    sg_writer record;
    uint8_t *live;
    uint32_t *names, *const_names;
    uint32_t *levels;        /* of nodes: how many operations they wait for */
    uint32_t *table;         /* names by hash */
    uint32_t mask, depth;    /* depth: the highest level */
    uint32_t *order, *spare; /* nodes that have operands and a name of their own */
    uint32_t node_count, operand_count, const_count, leaf_count;     /* of the program */
    uint32_t *registers, *const_registers;
} maker;

static void end_making(maker *m)
{
    sg_writer_free(&m->record);
    sg_free(m->live);
    sg_free(m->names);
    sg_free(m->const_names);
    sg_free(m->levels);
    sg_free(m->table);
    sg_free(m->order);
    sg_free(m->spare);
    sg_free(m->registers);
    sg_free(m->const_registers);
}

static int begin_making(maker *m)
{
    size_t nodes = m->record.count, consts = m->record.const_count, room = 16;
    while (room < 2 * (nodes + consts))
        room *= 2;
    m->mask = (uint32_t)(room - 1);
    m->live = sg_alloc_zero(nodes);
    m->names = sg_alloc(nodes * sizeof *m->names);
    m->const_names = sg_alloc(consts * sizeof *m->const_names);
    m->levels = sg_alloc_zero(nodes * sizeof *m->levels);
    m->table = sg_alloc(room * sizeof *m->table);
    m->order = sg_alloc(nodes * sizeof *m->order);
    m->spare = sg_alloc(nodes * sizeof *m->spare);
    m->registers = sg_alloc(nodes * sizeof *m->registers);
    m->const_registers = sg_alloc(consts * sizeof *m->const_registers);
    if (!m->live || !m->names || !m->const_names || !m->levels || !m->table || !m->order || !m->spare ||
        !m->registers || !m->const_registers)
        return 0;
    for (size_t k = 0; k < room; k++)
        m->table[k] = SG_NOTHING;
    for (size_t k = 0; k < consts; k++)
        m->const_names[k] = SG_NOTHING;
    return 1;
}

static uint64_t mixed(uint64_t hash, uint64_t x)
{
    hash = (hash ^ x) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The name of a constant, which may be new. */
static uint32_t name_constant(maker *m, uint32_t k)
{
    const double *consts = m->record.consts;
    uint64_t bits = bits_of(consts[k]);
    uint32_t at = (uint32_t)mixed(SG_CONST, bits) & m->mask;
    while (m->table[at] != SG_NOTHING &&
           !(m->table[at] & SG_CONST && bits_of(consts[m->table[at] & ~SG_CONST]) == bits))
        at = (at + 1) & m->mask;
    if (m->table[at] == SG_NOTHING) {
        m->table[at] = SG_CONST | k;
        m->const_count++;
    }
    return m->const_names[k] = m->table[at];
}

static uint32_t name_of(maker *m, uint32_t operand)
{
    if (!(operand & SG_CONST))
        return m->names[operand];
    uint32_t name = m->const_names[operand & ~SG_CONST];
    return name == SG_NOTHING ? name_constant(m, operand & ~SG_CONST) : name;
}

static int is_same_node(maker *m, uint32_t i, uint32_t j)
{
    const sg_writer *w = &m->record;
    uint32_t n = sg_end_of(w, i) - w->starts[i];
    if (w->kinds[i] != w->kinds[j] || sg_end_of(w, j) - w->starts[j] != n)
        return 0;
    const uint32_t *x = w->operands + w->starts[i], *y = w->operands + w->starts[j];
    if (w->kinds[i] == SG_LEAF)
        return x[0] == y[0];
    for (uint32_t k = 0; k < n; k++)
        if (name_of(m, x[k]) != name_of(m, y[k]))
            return 0;
    return 1;
}

/* Counts a node that is the first of its name. */
static void note_new(maker *m, uint32_t i)
{
    const sg_writer *w = &m->record;
    m->depth = m->levels[i] > m->depth ? m->levels[i] : m->depth;
    if (w->kinds[i] == SG_LEAF) {
        m->leaf_count++;
        return;
    }
    m->order[m->node_count++] = i;
    m->operand_count += sg_end_of(w, i) - w->starts[i];
}

static void name_node(maker *m, uint32_t i)
{
    const sg_writer *w = &m->record;
    int is_leaf = w->kinds[i] == SG_LEAF;
    uint64_t hash = w->kinds[i];
    for (uint32_t k = w->starts[i]; k < sg_end_of(w, i); k++) {
        uint32_t operand = w->operands[k];
        hash = mixed(hash, is_leaf ? operand : name_of(m, operand));
        if (!is_leaf && !(operand & SG_CONST) && m->levels[operand] >= m->levels[i])
            m->levels[i] = m->levels[operand] + 1;
    }
    uint32_t at = (uint32_t)hash & m->mask;
    while (m->table[at] != SG_NOTHING && (m->table[at] & SG_CONST || !is_same_node(m, i, m->table[at])))
        at = (at + 1) & m->mask;
    if (m->table[at] == SG_NOTHING) {
        m->table[at] = i;
        note_new(m, i);
    }
    m->names[i] = m->table[at];
}

/* Marks what the roots need. 0: a place is none, or has no operand. */
static int mark_needed(maker *m, const sg_record *record, const uint64_t *places, uint64_t count)
{
    const sg_writer *w = &m->record;
    for (uint64_t k = 0; k < count; k++) {
        uint64_t root = places[k] < record->root_count ? record->roots[places[k]] : UINT64_MAX;
        if ((root & ~SG_CODE_CONST) >= (root & SG_CODE_CONST ? w->const_count : w->count))
            return 0;
        if (!(root & SG_CODE_CONST))
            m->live[root] = 1;
    }
    for (uint32_t i = w->count; i-- > 0;)
        for (uint32_t k = w->starts[i]; m->live[i] && w->kinds[i] != SG_LEAF && k < sg_end_of(w, i); k++)
            if (!(w->operands[k] & SG_CONST))
                m->live[w->operands[k]] = 1;
    return 1;
}

/* Sorts the nodes by level, or by kind; those that agree stay in their order. 0: no memory. */
static int sort_by(maker *m, int by_level)
{
    uint32_t count = by_level ? m->depth + 1 : 256, *from = m->order, *to = m->spare;
    uint32_t *starts = sg_alloc_zero(((size_t)count + 1) * sizeof *starts);
    if (!starts)
        return 0;
    for (uint32_t k = 0; k < m->node_count; k++)
        starts[(by_level ? m->levels[from[k]] : m->record.kinds[from[k]]) + 1]++;
    for (uint32_t k = 0; k < count; k++)
        starts[k + 1] += starts[k];
    for (uint32_t k = 0; k < m->node_count; k++)
        to[starts[by_level ? m->levels[from[k]] : m->record.kinds[from[k]]]++] = from[k];
    sg_free(starts);
    m->order = to;
    m->spare = from;
    return 1;
}

/* Where the group ends that begins at place `start` of the order. */
static uint32_t end_of_group(const maker *m, uint32_t start)
{
    const uint8_t *kinds = m->record.kinds;
    uint32_t i = m->order[start], end = start + 1;
    while (kinds[i] < SG_FIRST_REDUCTION && end < m->node_count && kinds[m->order[end]] == kinds[i] &&
           m->levels[m->order[end]] == m->levels[i])
        end++;
    return end;
}

static int make_arrays(const maker *m, sg_program *p, uint64_t input_count, uint64_t out_count)
{
    uint32_t groups = 0;
    for (uint32_t start = 0; start < m->node_count; start = end_of_group(m, start))
        groups++;
    size_t bytes = m->const_count * sizeof *p->consts + m->leaf_count * sizeof *p->leaves +
                   groups * sizeof *p->groups + m->operand_count * sizeof *p->operands + out_count * sizeof *p->outs;
    p->consts = sg_alloc(m->const_count * sizeof *p->consts);
    p->leaves = sg_alloc(m->leaf_count * sizeof *p->leaves);
    p->groups = sg_alloc(groups * sizeof *p->groups);
    p->operands = sg_alloc(m->operand_count * sizeof *p->operands);
    p->outs = sg_alloc(out_count * sizeof *p->outs);
    p->bytes = sizeof *p + bytes;
    p->input_count = input_count;
    p->out_count = out_count;
    return p->consts && p->leaves && p->groups && p->operands && p->outs;
}

/* Gives the constants and the leaves their registers. */
static void place_inputs(maker *m, sg_program *p)
{
    const sg_writer *w = &m->record;
    for (uint32_t k = 0; k < w->const_count; k++)
        if (m->const_names[k] == (SG_CONST | k)) {
            m->const_registers[k] = p->register_count++;
            p->consts[p->const_count++] = w->consts[k];
        }
    for (uint32_t i = 0; i < w->count; i++)
        if (m->live[i] && w->kinds[i] == SG_LEAF && m->names[i] == i) {
            m->registers[i] = p->register_count++;
            p->leaves[p->leaf_count++] = w->operands[w->starts[i]];
        }
}

static uint32_t register_of(maker *m, uint32_t operand)
{
    uint32_t name = name_of(m, operand);
    return name & SG_CONST ? m->const_registers[name & ~SG_CONST] : m->registers[name];
}

/* Writes the groups of the sorted nodes. */
static void place_nodes(maker *m, sg_program *p)
{
    const sg_writer *w = &m->record;
    uint32_t used = 0;
    for (uint32_t start = 0, end; start < m->node_count; start = end) {
        uint32_t i = m->order[start], arity = sg_end_of(w, i) - w->starts[i];
        end = end_of_group(m, start);
        p->groups[p->group_count++] = (sg_group){w->kinds[i], arity, end - start, p->register_count, used};
        p->widest = arity > p->widest ? arity : p->widest;
        for (uint32_t at = start; at < end; at++) {
            uint32_t node = m->order[at];
            for (uint32_t k = 0; k < arity; k++)
                p->operands[used + k * (end - start) + at - start] = register_of(m, w->operands[w->starts[node] + k]);
            m->registers[node] = p->register_count++;
        }
        used += arity * (end - start);
    }
}

static uint32_t operand_of_root(uint64_t root)
{
    return root & SG_CODE_CONST ? SG_CONST | (uint32_t)root : (uint32_t)root;
}

static sg_written make_program(maker *m, sg_program *p, const sg_record *record, const uint64_t *places,
                               uint64_t place_count)
{
    if (m->record.count > MOST)
        return SG_DECLINED;
    if (!begin_making(m))
        return SG_WRITTEN_NOT;
    if (!mark_needed(m, record, places, place_count))
        return SG_MALFORMED;
    for (uint32_t i = 0; i < m->record.count; i++)
        if (m->live[i])
            name_node(m, i);
    for (uint64_t k = 0; k < place_count; k++)
        name_of(m, operand_of_root(record->roots[places[k]]));
    if (!sort_by(m, 0) || !sort_by(m, 1) || !make_arrays(m, p, record->leaf_count, place_count))
        return SG_WRITTEN_NOT;
    place_inputs(m, p);
    place_nodes(m, p);
    for (uint64_t k = 0; k < place_count; k++)
        p->outs[k] = register_of(m, operand_of_root(record->roots[places[k]]));
    return SG_WRITTEN;
}

sg_written sg_program_of(const sg_record *record, const uint64_t *places, uint64_t place_count, sg_program **program)
{
    maker m = {0};
    sg_program *p = sg_alloc_zero(sizeof *p);
    sg_written written = p ? sg_writer_read(&m.record, record) : SG_WRITTEN_NOT;
    if (written == SG_WRITTEN) {
        written = make_program(&m, p, record, places, place_count);
        end_making(&m);
    }
    if (written != SG_WRITTEN) {
        sg_program_free(p);
        p = NULL;
    }
    *program = p;
    return written;
}
