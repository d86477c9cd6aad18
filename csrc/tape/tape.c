/* Graphs: opened, grown, closed, freed. */
#include "tape/tape.h"

#include <string.h>

#include "scalargrad.h"
#include "tape/memory.h"

static uint64_t last_serial, last_closed;
static uint64_t graphs_alive;
void (*sg_drop_object)(void *object);

/* Under AddressSanitizer, a use of a kept graph is found as a use of a freed one would be. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define SG_POISON(graph) ASAN_POISON_MEMORY_REGION(graph, sizeof *(graph))
#define SG_UNPOISON(graph) ASAN_UNPOISON_MEMORY_REGION(graph, sizeof *(graph))
#else
#define SG_POISON(graph) ((void)(graph))
#define SG_UNPOISON(graph) ((void)(graph))
#endif

#define NODE_BYTES (sizeof(double) + 2 * sizeof(uint32_t) + 2 * sizeof(uint8_t))

static int grow_nodes(sg_graph *graph, uint32_t capacity)
{
    size_t n = capacity;
    double *val = sg_large_alloc(n * NODE_BYTES);
    if (!val)
        return 0;
    uint32_t *a = (uint32_t *)(val + n), *b = a + n;
    uint8_t *op = (uint8_t *)(b + n), *used = op + n;
    if (graph->count) {
        memcpy(val, graph->val, graph->count * sizeof *val);
        memcpy(a, graph->a, graph->count * sizeof *a);
        memcpy(b, graph->b, graph->count * sizeof *b);
        memcpy(op, graph->op, graph->count * sizeof *op);
        memcpy(used, graph->used, graph->count * sizeof *used);
    }
    sg_large_free(graph->val, graph->capacity * NODE_BYTES);
    graph->val = val;
    graph->a = a;
    graph->b = b;
    graph->op = op;
    graph->used = used;
    graph->capacity = capacity;
    return 1;
}

/* --- opened, closed, freed ---------------------------------------------------------------------------------------- */

/* A small graph that was freed is kept, with its memory, for the next to be opened: an operation on closed graphs whose
 * result is dropped opens and frees one. */
#define KEPT_CAPACITY 32u
static sg_graph *kept;

/* Keeps a graph whose leaves, links and labels have been dropped. 0: it is large, or one is kept already. */
static int keep(sg_graph *graph)
{
    if (kept || graph->capacity > KEPT_CAPACITY || graph->const_capacity > KEPT_CAPACITY ||
        graph->arg_capacity > KEPT_CAPACITY || graph->leaf_capacity > KEPT_CAPACITY ||
        graph->link_capacity > KEPT_CAPACITY || graph->bulks || graph->labels ||
        graph->owner_capacity > KEPT_CAPACITY)
        return 0;
    *graph = (sg_graph){
        .capacity = graph->capacity, .val = graph->val, .a = graph->a, .b = graph->b, .op = graph->op,
        .used = graph->used,
        .consts = graph->consts, .const_capacity = graph->const_capacity,
        .args = graph->args, .arg_capacity = graph->arg_capacity,
        .leaves = graph->leaves, .leaf_capacity = graph->leaf_capacity,
        .links = graph->links, .link_capacity = graph->link_capacity,
        .owners = graph->owners, .owner_capacity = graph->owner_capacity,
    };
    kept = graph;
    SG_POISON(graph);
    return 1;
}

static sg_graph *new_graph(void)
{
    sg_graph *graph = kept;
    if (graph) {
        SG_UNPOISON(graph);
        kept = NULL;
    } else if ((graph = sg_alloc_zero(sizeof *graph)) && !grow_nodes(graph, SG_FIRST_CAPACITY)) {
        sg_free(graph);
        return NULL;
    }
    return graph;
}

sg_graph *sg_open(sg_graph **owner)
{
    sg_graph *graph = new_graph();
    if (!graph)
        return NULL;
    graph->serial = ++last_serial;
    graph->references = 1;
    graph->fewest_handles = SIZE_MAX;
    graph->owner = owner;
    *owner = graph;
    graphs_alive++;
    return graph;
}

void sg_close(sg_graph *graph)
{
    if (graph->closed)
        return;
    graph->closed = ++last_closed;
    sg_free(graph->link_slots);
    graph->link_slots = NULL;
    *graph->owner = NULL;
    graph->owner = NULL;
}

uint64_t sg_moment(void)
{
    return last_closed;
}

static void free_graph(sg_graph *graph)
{
    sg_adjoints_free(&graph->last, graph->count);
    sg_adjoints_free(&(sg_adjoints){graph->spare, NULL}, graph->count);
    graphs_alive--;
    if (keep(graph))
        return;
    sg_large_free(graph->val, graph->capacity * NODE_BYTES);
    sg_large_free(graph->consts, graph->const_capacity * sizeof *graph->consts);
    sg_large_free(graph->args, graph->arg_capacity * sizeof *graph->args);
    sg_large_free(graph->leaves, graph->leaf_capacity * sizeof *graph->leaves);
    sg_free(graph->links);
    sg_free(graph->bulks);
    sg_free(graph->labels);
    sg_free(graph->owners);
    sg_free(graph);
}

void sg_release(sg_graph *graph)
{
    if (--graph->references)
        return;
    sg_graph *worklist = graph;
    graph->next_free = NULL;
    while (worklist) {
        graph = worklist;
        worklist = graph->next_free;
        if (!graph->closed)
            sg_close(graph);
        for (uint32_t k = 0; k < graph->link_count; k++) {
            sg_graph *target = graph->links[k].graph;
            if (--target->references == 0) {
                target->next_free = worklist;
                worklist = target;
            }
        }
        if (graph->lent_count < graph->leaf_count)
            for (uint32_t k = 0; k < graph->leaf_count; k++)
                if (!graph->leaves[k].lent)
                    sg_drop_object(graph->leaves[k].leaf);
        for (uint32_t k = 0; k < graph->owner_count; k++)
            sg_drop_object(graph->owners[k]);
        for (uint32_t k = 0; k < graph->label_capacity; k++)
            if (graph->labels[k])
                sg_drop_object(graph->labels[k]);
        free_graph(graph);
    }
}

/* --- grown -------------------------------------------------------------------------------------------------------- */

int sg_reserve(sg_graph *graph, uint32_t need)
{
    uint64_t wanted = (uint64_t)graph->count + need;
    if (wanted <= graph->capacity)
        return 1;
    if (wanted >= SG_CONST)
        return 0;
    uint64_t doubled = 2 * (uint64_t)graph->capacity;
    return grow_nodes(graph, (uint32_t)(doubled > wanted ? doubled : wanted));
}

uint32_t sg_constant(sg_graph *graph, double value)
{
    if (!sg_grow_array((void **)&graph->consts, &graph->const_capacity, graph->const_count + 1, sizeof value))
        return SG_FAILED;
    graph->consts[graph->const_count] = value;
    return SG_CONST | graph->const_count++;
}

uint32_t sg_enter_leaf(sg_graph *graph, void *leaf, double data)
{
    if (!sg_reserve(graph, 1) ||
        !sg_grow_array((void **)&graph->leaves, &graph->leaf_capacity, graph->leaf_count + 1, sizeof(sg_leaf)))
        return SG_FAILED;
    graph->leaves[graph->leaf_count] = (sg_leaf){leaf, graph->count, 0};
    return sg_append(graph, SG_LEAF, graph->leaf_count++, 0, data);
}

/* --- links -------------------------------------------------------------------------------------------------------- */

#define FEW_LINKS 8u          /* up to so many are searched one by one, without a table */

/* The slot of a target in the table of links, or the free slot for it. */
static uint32_t *link_slot(const sg_graph *graph, const sg_graph *target, uint32_t index)
{
    uint64_t hash = ((uint64_t)(uintptr_t)target + index) * 0x9E3779B97F4A7C15u;
    uint32_t mask = graph->link_slot_count - 1, slot = (uint32_t)(hash >> 32) & mask;
    while (graph->link_slots[slot]) {
        const sg_link *link = &graph->links[graph->link_slots[slot] - 1];
        if (link->graph == target && link->index == index)
            break;
        slot = (slot + 1) & mask;
    }
    return &graph->link_slots[slot];
}

/* Makes room for one more link in the table. 0: no memory. */
static int grow_link_slots(sg_graph *graph)
{
    if (graph->link_count < FEW_LINKS || 2 * (graph->link_count + 1) <= graph->link_slot_count)
        return 1;
    uint32_t *smaller = graph->link_slots, count = smaller ? 2 * graph->link_slot_count : 4 * FEW_LINKS;
    uint32_t *bigger = sg_alloc_zero(count * sizeof *bigger);
    if (!bigger)
        return 0;
    graph->link_slots = bigger;
    graph->link_slot_count = count;
    for (uint32_t k = 0; k < graph->link_count; k++)
        *link_slot(graph, graph->links[k].graph, graph->links[k].index) = k + 1;
    sg_free(smaller);
    return 1;
}

/* The position of a target's link, + 1; 0: it has none. */
static uint32_t find_link(const sg_graph *graph, const sg_graph *target, uint32_t index)
{
    if (graph->link_slots)
        return *link_slot(graph, target, index);
    uint32_t k = graph->link_count;
    while (k && !(graph->links[k - 1].graph == target && graph->links[k - 1].index == index))
        k--;
    return k;
}

uint32_t sg_enter_link(sg_graph *graph, sg_graph *target, uint32_t index, double value)
{
    uint32_t known = find_link(graph, target, index);
    if (known)
        return graph->links[known - 1].entry;
    if (!sg_reserve(graph, 1) || !grow_link_slots(graph) ||
        !sg_grow_array((void **)&graph->links, &graph->link_capacity, graph->link_count + 1, sizeof(sg_link)))
        return SG_FAILED;
    target->references++;
    if (graph->link_slots)
        *link_slot(graph, target, index) = graph->link_count + 1;
    graph->links[graph->link_count] = (sg_link){target, index, graph->count};
    return sg_append(graph, SG_LINK, graph->link_count++, 0, value);
}

uint32_t sg_arguments(sg_graph *graph, uint32_t n)
{
    if (n > UINT32_MAX - graph->arg_count ||
        !sg_grow_array((void **)&graph->args, &graph->arg_capacity, graph->arg_count + n, sizeof(uint32_t)))
        return SG_FAILED;
    graph->arg_count += n;
    return graph->arg_count - n;
}

/* --- adjoints and labels ------------------------------------------------------------------------------------------ */

double sg_adjoint(const sg_graph *graph, uint32_t index)
{
    return graph->last.adj && sg_reached(&graph->last, index) ? graph->last.adj[index] : 0.0;
}

int sg_set_adjoint(sg_graph *graph, uint32_t index, double value)
{
    if (!graph->last.adj) {
        graph->last = sg_adjoints_new(graph->count, 0);
        if (!graph->last.adj)
            return 0;
    }
    if (!sg_reached(&graph->last, index)) {
        graph->last_serial = 0;
        graph->last_end = graph->last_end > index ? graph->last_end : index + 1;
    }
    sg_set(&graph->last, index, sg_quiet_nan(value));
    return 1;
}

int sg_set_label(sg_graph *graph, uint32_t index, void *label)
{
    uint32_t before = graph->label_capacity;
    if (!label && index >= before)
        return 1;
    if (!sg_grow_array((void **)&graph->labels, &graph->label_capacity, index + 1, sizeof *graph->labels))
        return 0;
    memset(graph->labels + before, 0, (graph->label_capacity - before) * sizeof *graph->labels);
    void *old = graph->labels[index];
    graph->labels[index] = label;
    if (old)
        sg_drop_object(old);
    return 1;
}

int sg_reserve_owner(sg_graph *graph)
{
    return sg_grow_array((void **)&graph->owners, &graph->owner_capacity, graph->owner_count + 1, sizeof(void *));
}

uint64_t sg_graph_bytes(uintptr_t address)
{
    const sg_graph *graph = (const sg_graph *)address;
    size_t adjoints = sg_adjoints_bytes(graph->count);
    return sizeof *graph + graph->capacity * NODE_BYTES + graph->const_capacity * sizeof(double) +
           graph->arg_capacity * sizeof(uint32_t) + graph->leaf_capacity * sizeof(sg_leaf) +
           graph->link_capacity * sizeof(sg_link) + graph->bulk_capacity * sizeof(sg_bulk) +
           (graph->label_capacity + graph->owner_capacity) * sizeof(void *) +
           (graph->last.adj ? adjoints : 0) + (graph->spare ? adjoints : 0);
}

uint64_t sg_graphs_alive(void)
{
    return graphs_alive;
}
