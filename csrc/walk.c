/* Walks over graphs, and the hash map that they and the sweeps use. */
#include "walk.h"

#include <string.h>

static uint32_t slot_of(const sg_map *map, const void *key)
{
    uint64_t hash = (uint64_t)(uintptr_t)key * 0x9E3779B97F4A7C15u;
    uint32_t mask = map->capacity - 1, slot = (uint32_t)(hash >> 32) & mask;
    while (map->keys[slot] && map->keys[slot] != key)
        slot = (slot + 1) & mask;
    return slot;
}

uint32_t sg_map_find(const sg_map *map, const void *key)
{
    if (!map->count)
        return SG_ABSENT;
    uint32_t slot = slot_of(map, key);
    return map->keys[slot] ? map->positions[slot] : SG_ABSENT;
}

int sg_map_reserve(sg_map *map, uint32_t count)
{
    if (2 * (uint64_t)count <= map->capacity)
        return 1;
    if (count >= SG_CONST / 4)
        return 0;
    sg_map bigger = {.capacity = map->capacity ? map->capacity : 8};
    while (bigger.capacity < 2 * count)
        bigger.capacity *= 2;
    bigger.keys = sg_alloc_zero(bigger.capacity * sizeof *bigger.keys);
    bigger.positions = sg_alloc(bigger.capacity * sizeof *bigger.positions);
    if (!bigger.keys || !bigger.positions) {
        sg_map_free(&bigger);
        return 0;
    }
    for (uint32_t i = 0; i < map->capacity; i++) {
        if (!map->keys[i])
            continue;
        uint32_t slot = slot_of(&bigger, map->keys[i]);
        bigger.keys[slot] = map->keys[i];
        bigger.positions[slot] = map->positions[i];
    }
    bigger.count = map->count;
    sg_map_free(map);
    *map = bigger;
    return 1;
}

int sg_map_add(sg_map *map, const void *key, uint32_t position)
{
    if (!sg_map_reserve(map, map->count + 1))
        return 0;
    uint32_t slot = slot_of(map, key);
    map->keys[slot] = key;
    map->positions[slot] = position;
    map->count++;
    return 1;
}

void sg_map_free(sg_map *map)
{
    sg_free(map->keys);
    sg_free(map->positions);
    memset(map, 0, sizeof *map);
}

static uint64_t rank(const sg_walk *walk, uint32_t heap_position)
{
    return walk->parts[walk->pending[heap_position]].graph->closed;
}

static void swap(sg_walk *walk, uint32_t i, uint32_t j)
{
    uint32_t kept = walk->pending[i];
    walk->pending[i] = walk->pending[j];
    walk->pending[j] = kept;
}

/* Scratch for a graph: the one it keeps, if no other sweep has it, else a new one. */
static sg_part take_scratch(sg_graph *graph, uint32_t neutral)
{
    double *kept = __atomic_exchange_n(&graph->spare, NULL, __ATOMIC_ACQUIRE);
    if (kept)
        return (sg_part){graph, {kept, (uint8_t *)(kept + graph->count)}, 0, 0};
    return (sg_part){graph, sg_adjoints_new(graph->count, neutral), 0, neutral};
}

uint32_t sg_walk_part(sg_walk *walk, sg_graph *graph, uint32_t neutral)
{
    uint32_t position = sg_map_find(&walk->positions, graph);
    if (position != SG_ABSENT)
        return position;
    if (!sg_grow_array((void **)&walk->parts, &walk->part_capacity, walk->count + 1, sizeof *walk->parts) ||
        !sg_grow_array((void **)&walk->pending, &walk->pending_capacity, walk->count + 1, sizeof *walk->pending))
        return SG_ABSENT;
    sg_part part = take_scratch(graph, neutral);
    if (!part.scratch.adj)
        return SG_ABSENT;
    if (!sg_map_add(&walk->positions, graph, walk->count)) {
        sg_adjoints_free(&part.scratch, graph->count);
        return SG_ABSENT;
    }
    position = walk->count++;
    walk->parts[position] = part;
    uint32_t i = walk->waiting++;
    walk->pending[i] = position;
    while (i && rank(walk, i) > rank(walk, (i - 1) / 2)) {
        swap(walk, i, (i - 1) / 2);
        i = (i - 1) / 2;
    }
    return position;
}

void sg_reach(sg_part *part, uint32_t index, double adjoint)
{
    if (!part->graph->used[index] && !sg_reached(&part->scratch, index))
        part->sinks++;
    sg_set(&part->scratch, index, adjoint);
}

uint32_t sg_walk_next(sg_walk *walk)
{
    if (!walk->waiting)
        return SG_ABSENT;
    uint32_t latest = walk->pending[0], i = 0;
    walk->pending[0] = walk->pending[--walk->waiting];
    for (;;) {
        uint32_t top = i, left = 2 * i + 1, right = left + 1;
        if (left < walk->waiting && rank(walk, left) > rank(walk, top))
            top = left;
        if (right < walk->waiting && rank(walk, right) > rank(walk, top))
            top = right;
        if (top == i)
            return latest;
        swap(walk, i, top);
        i = top;
    }
}

void sg_walk_free(sg_walk *walk)
{
    for (uint32_t p = 0; p < walk->count; p++)
        sg_adjoints_free(&walk->parts[p].scratch, walk->parts[p].graph->count);
    sg_free(walk->parts);
    sg_free(walk->pending);
    sg_map_free(&walk->positions);
    memset(walk, 0, sizeof *walk);
}
