/* A hash map from pointers to positions. It uses open addressing and never shrinks. A zeroed one is empty. */
#ifndef SG_MAP_H
#define SG_MAP_H
#include <stdint.h>

typedef struct {
    const void **keys;
    uint32_t *positions;
    uint32_t count, capacity;
} sg_map;

#define SG_ABSENT UINT32_MAX

/* The position of a key, or SG_ABSENT. */
uint32_t sg_map_find(const sg_map *map, const void *key);
/* Adds a key that is absent. 0: no memory. */
int sg_map_add(sg_map *map, const void *key, uint32_t position);
void sg_map_free(sg_map *map);

#endif
