/* Memory. Every allocation can be made to fail by a test. Any thread may call these functions, with or without the GIL.
 * They return NULL or 0 when memory ran out, and have then changed nothing. */
#ifndef SG_MEMORY_H
#define SG_MEMORY_H
#include <stddef.h>
#include <stdint.h>

void *sg_alloc(size_t bytes);
void *sg_alloc_zero(size_t bytes);
void sg_free(void *memory);
/* For large allocations, whose size the caller knows when it frees them. A few freed ones are kept, because the pages
 * of a fresh one would have to be mapped again, which takes longer than a sweep of what lies on them. */
void *sg_large_alloc(size_t bytes);
void sg_large_free(void *memory, size_t bytes);
/* Gives *array room for at least `need` items of `size` bytes. */
int sg_grow_array(void **array, uint32_t *capacity, uint32_t need, size_t size);

#endif
