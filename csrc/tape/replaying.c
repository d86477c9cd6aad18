/* Recording a piece again. */
#include "tape/replaying.h"

#include <string.h>

#include "tape/memory.h"
#include "tape/operands.h"
#include "tape/reading.h"

/* What is in the place of a node of the record. */
typedef struct {
    uint32_t graph;          /* among the graphs, where it was recorded last; or one of these: */
    uint32_t index;          /* of a leaf that was not entered: its number */
} replica;

#define SG_NO_VALUE UINT32_MAX            /* a number: it depends on no Value */
#define SG_NOT_ENTERED (UINT32_MAX - 1)  /* a Value in place of a leaf */
#define SG_NOT_RECORDED (UINT32_MAX - 2) /* it depends on a Value, but nothing is recorded */

#define SG_AS_CAPTURED 2                 /* in `needed`: a leaf that was recorded as a node */

typedef struct {
    const sg_replay *given;
    replica *replicas;
    uint64_t *first_codes;   /* by position: where the codes of its operands begin */
    uint8_t *needed;         /* 1: a root needs it */
    sg_graph **graphs;       /* each with one reference of ours */
    uint32_t graph_count, graph_capacity;
    sg_graph *open;          /* the last of them; or NULL: another one must be opened */
} player;

/* --- what the roots need ------------------------------------------------------------------------------------------ */

static uint32_t operand_count_at(const player *p, uint64_t position)
{
    const sg_record *r = p->given->record;
    int op = r->ops[position];
    return op == SG_LEAF ? 0 : op < SG_FIRST_REDUCTION ? (uint32_t)sg_arity[op]
                                                       : (uint32_t)r->codes[p->first_codes[position] - 1];
}

/* Checks the record, and finds out what its roots need. 0: it is malformed. */
static int find_needed(player *p)
{
    const sg_record *r = p->given->record;
    sg_reader s = {.record = r};
    int read;
    while ((read = sg_read_node(&s)) == 1)
        p->first_codes[s.position - 1] = (uint64_t)(s.codes - r->codes);
    if (read < 0)
        return 0;
    for (uint64_t k = 0; k < r->root_count; k++)
        if (!(r->roots[k] & SG_CODE_CONST))
            p->needed[r->roots[k]] = 1;
    for (uint64_t i = r->count; i-- > 0;) {
        if (!p->needed[i])
            continue;
        const uint64_t *codes = r->codes + p->first_codes[i];
        for (uint32_t k = operand_count_at(p, i); k-- > 0;)
            if (!(codes[k] & SG_CODE_CONST))
                p->needed[codes[k]] = 1;
    }
    for (uint64_t i = 0; i < r->count; i++)
        if (r->ops[i] == SG_ALSO)           /* the results of a joint operation stay together */
            p->needed[i] = p->needed[r->codes[p->first_codes[i]]];
    return 1;
}

/* --- recorded ----------------------------------------------------------------------------------------------------- */

/* Makes the open graph one that has room for n operands, and a node. 0: no memory. */
static int provide_graph(player *p, uint32_t n, int together)
{
    if (p->open && p->open->count >= SG_GRAPH_MOST && !together) {
        sg_close(p->open);
        p->open = NULL;
    }
    if (!p->open) {
        if (!sg_grow_array((void **)&p->graphs, &p->graph_capacity, p->graph_count + 1, sizeof *p->graphs))
            return 0;
        sg_graph *open = *p->given->owner;
        if (open)
            open->references++;
        else if (!(open = sg_open(p->given->owner)))
            return 0;
        p->graphs[p->graph_count++] = p->open = open;
    }
    return sg_reserve(p->open, n + 1);
}

/* The operand that stands for a node of the record in the open graph. SG_FAILED if memory ran out. */
static uint32_t replica_of(player *p, uint64_t position)
{
    const sg_record *r = p->given->record;
    replica *found = &p->replicas[position];
    uint32_t current = p->graph_count - 1;
    if (found->graph == current)
        return found->index;
    if (found->graph == SG_NO_VALUE)
        return sg_constant(p->open, r->values[position]);
    uint32_t entry;
    if (r->ops[position] == SG_LEAF && p->needed[position] != SG_AS_CAPTURED)
        entry = p->given->enter(p->open, r->leaves[r->codes[p->first_codes[position]]]);
    else
        entry = sg_enter_link(p->open, p->graphs[found->graph], found->index, r->values[position]);
    if (entry != SG_FAILED)
        *found = (replica){current, entry};
    return entry;
}

/* Records node `position`. 0: no memory. */
static int record_again(player *p, uint64_t position)
{
    const sg_record *r = p->given->record;
    const uint64_t *codes = r->codes + p->first_codes[position];
    int op = r->ops[position], in_args = op >= SG_FIRST_REDUCTION || sg_arity[op] > 2;
    uint32_t n = operand_count_at(p, position), fields[2] = {0, 0}, offset = 0;
    if (!provide_graph(p, n, op == SG_ALSO))
        return 0;
    if (op == SG_ALSO) {
        fields[0] = p->replicas[codes[0]].index;
        in_args = 0;
    } else {
        if (in_args && (offset = sg_arguments(p->open, n)) == SG_FAILED)
            return 0;
        for (uint32_t k = 0; k < n; k++) {
            uint64_t code = codes[k];
            uint32_t operand = code & SG_CODE_CONST ? sg_constant(p->open, r->consts[code & ~SG_CODE_CONST])
                                                    : replica_of(p, code);
            if (operand == SG_FAILED)
                return 0;
            *(in_args ? &p->open->args[offset + k] : &fields[k]) = operand;
        }
    }
    if (in_args) {
        fields[0] = offset;
        fields[1] = n;
    }
    if (!sg_reserve(p->open, 1))
        return 0;
    for (uint32_t k = 0; k < n; k++)
        sg_use(p->open, in_args ? p->open->args[offset + k] : fields[k]);
    uint32_t index = sg_append(p->open, op, fields[0], fields[1], r->values[position]);
    p->replicas[position] = (replica){p->graph_count - 1, index};
    return 1;
}

/* A Value in place of a leaf whose number has changed since: a node with the number that was captured. 0: no memory. */
static int record_as_captured(player *p, uint64_t position)
{
    double captured = p->given->record->values[position];
    p->replicas[position].graph = SG_NOT_RECORDED;
    p->needed[position] = SG_AS_CAPTURED;
    if (p->given->record_nothing)
        return 1;
    void *value = p->given->record->leaves[p->given->record->codes[p->first_codes[position]]];
    uint32_t operand, number;
    if (!provide_graph(p, 2, 0) || (operand = p->given->enter(p->open, value)) == SG_FAILED ||
        (number = sg_constant(p->open, captured)) == SG_FAILED || !sg_reserve(p->open, 1))
        return 0;
    sg_use(p->open, operand);
    p->replicas[position] = (replica){p->graph_count - 1, sg_append(p->open, SG_INSTEAD, operand, number, captured)};
    return 1;
}

static int is_captured(double x, double captured)
{
    return memcmp(&x, &captured, sizeof x) == 0 || (x != x && captured != captured);
}

/* Whether an operand of node `position` is a Value. */
static int uses_a_value(const player *p, uint64_t position)
{
    const sg_record *r = p->given->record;
    const uint64_t *codes = r->codes + p->first_codes[position];
    for (uint32_t k = operand_count_at(p, position); k-- > 0;)
        if (!(codes[k] & SG_CODE_CONST) && p->replicas[codes[k]].graph != SG_NO_VALUE)
            return 1;
    return 0;
}

static int play_all(player *p)
{
    const sg_record *r = p->given->record;
    for (uint64_t i = 0; i < r->count; i++) {
        p->replicas[i] = (replica){SG_NO_VALUE, 0};
        if (!p->needed[i])
            continue;
        if (r->ops[i] == SG_LEAF) {
            uint64_t number = r->codes[p->first_codes[i]];
            if (!r->leaves[number])
                continue;
            p->replicas[i] = (replica){SG_NOT_ENTERED, (uint32_t)number};
            if (!is_captured(p->given->number(r->leaves[number]), r->values[i]) && !record_as_captured(p, i))
                return 0;
        } else if (uses_a_value(p, i)) {
            p->replicas[i].graph = SG_NOT_RECORDED;
            if (!p->given->record_nothing && !record_again(p, i))
                return 0;
        }
    }
    return 1;
}

static sg_replayed root_at(const player *p, uint64_t code)
{
    const sg_record *r = p->given->record;
    sg_replayed root = {SG_ROOT_NUMBER, NULL, 0, sg_code_number(r, code)};
    if (code & SG_CODE_CONST || p->replicas[code].graph == SG_NO_VALUE)
        return root;
    replica found = p->replicas[code];
    if (r->ops[code] == SG_LEAF && p->needed[code] != SG_AS_CAPTURED) {
        root.kind = SG_ROOT_LEAF;
        root.index = (uint32_t)r->codes[p->first_codes[code]];
    } else if (found.graph == SG_NOT_RECORDED) {
        root.kind = SG_ROOT_UNRECORDED;
        root.index = (uint32_t)code;
    } else {
        root.kind = SG_ROOT_NODE;
        root.graph = p->graphs[found.graph];
        root.index = found.index;
        root.graph->references++;
    }
    return root;
}

int sg_replay_record(const sg_replay *replay, sg_replayed *roots)
{
    const sg_record *r = replay->record;
    player p = {.given = replay};
    p.replicas = sg_alloc(r->count * sizeof *p.replicas);
    p.first_codes = sg_alloc(r->count * sizeof *p.first_codes);
    p.needed = sg_alloc_zero(r->count);
    int done = p.replicas && p.first_codes && p.needed, legal = done && find_needed(&p);
    done = done && legal && play_all(&p);
    for (uint64_t k = 0; done && k < r->root_count; k++)
        roots[k] = root_at(&p, r->roots[k]);
    int malformed = p.replicas && p.first_codes && p.needed && !legal;
    for (uint32_t k = p.graph_count; k-- > 0;)
        sg_release(p.graphs[k]);
    sg_free(p.graphs);
    sg_free(p.replicas);
    sg_free(p.first_codes);
    sg_free(p.needed);
    return malformed ? -1 : done;
}
