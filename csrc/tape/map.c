/* The hash map: a key is in its slot, or in one of the slots that follow. */
#include "tape/map.h"

#include <string.h>

#include "table/encoding.h"
#include "tape/memory.h"

static uint32_t slot_of_key(const sg_map *map, const void *key)
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
    uint32_t slot = slot_of_key(map, key);
    return map->keys[slot] ? map->positions[slot] : SG_ABSENT;
}

/* Makes room for `count` keys. 0: no memory. */
static int reserve(sg_map *map, uint32_t count)
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
        uint32_t slot = slot_of_key(&bigger, map->keys[i]);
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
    if (!reserve(map, map->count + 1))
        return 0;
    uint32_t slot = slot_of_key(map, key);
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
