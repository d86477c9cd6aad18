/* Memory. Tests can make every allocation fail. Any thread may call these functions, with or without the GIL. If memory
 * ran out, they return NULL or 0 and have changed nothing. */
#ifndef SG_MEMORY_H
#define SG_MEMORY_H
#include <stddef.h>
#include <stdint.h>

void *sg_alloc(size_t bytes);
void *sg_alloc_zero(size_t bytes);
void sg_free(void *memory);
/* For large allocations, whose size the caller passes again to free them. A few freed ones are kept for reuse, because
 * mapping the pages of a new one takes longer than a sweep over them. */
void *sg_large_alloc(size_t bytes);
void sg_large_free(void *memory, size_t bytes);
/* Makes room in *array for at least `need` items of `size` bytes. sg_free frees it, or sg_large_free, for the size of
 * its capacity. */
int sg_grow_array(void **array, uint32_t *capacity, uint32_t need, size_t size);

#endif
