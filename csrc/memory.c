/* Memory: allocations that tests can make fail, and large blocks that are kept to be used again. */
#include <stdlib.h>

#include "scalargrad.h"
#include "tape.h"

static int64_t allocations_left = -1;   /* -1: no limit */

static int may_allocate(void)
{
    int64_t left = __atomic_load_n(&allocations_left, __ATOMIC_RELAXED);
    if (left < 0)
        return 1;
    if (left == 0)
        return 0;
    __atomic_store_n(&allocations_left, left - 1, __ATOMIC_RELAXED);
    return 1;
}

void sg_fail_after(int64_t n)
{
    __atomic_store_n(&allocations_left, n, __ATOMIC_RELAXED);
}

void *sg_alloc(size_t bytes)
{
    return may_allocate() ? malloc(bytes ? bytes : 1) : NULL;
}

void *sg_alloc_zero(size_t bytes)
{
    return may_allocate() ? calloc(1, bytes ? bytes : 1) : NULL;
}

void sg_free(void *block)
{
    free(block);
}

#define KEPT_BLOCKS 6
#define KEPT_LEAST ((size_t)1 << 16)
#define KEPT_MOST ((size_t)1 << 21)

static struct {
    void *block;
    size_t bytes;
} kept[KEPT_BLOCKS];
static char kept_lock;

/* Another thread may hold it, and a fork may have left it held: then malloc and free serve as well. */
static int lock_kept(void)
{
    return !__atomic_test_and_set(&kept_lock, __ATOMIC_ACQUIRE);
}

static void unlock_kept(void)
{
    __atomic_clear(&kept_lock, __ATOMIC_RELEASE);
}

/* The size that is asked of malloc: rounded, so that blocks of about one size can stand in for one another. */
static size_t block_size(size_t bytes)
{
    return bytes < KEPT_LEAST ? bytes : (bytes + KEPT_LEAST - 1) / KEPT_LEAST * KEPT_LEAST;
}

void *sg_block_alloc(size_t bytes)
{
    void *found = NULL;
    bytes = block_size(bytes);
    if (bytes >= KEPT_LEAST && bytes <= KEPT_MOST && lock_kept()) {
        for (int k = 0; k < KEPT_BLOCKS && !found; k++)
            if (kept[k].block && kept[k].bytes == bytes) {
                found = kept[k].block;
                kept[k].block = NULL;
            }
        unlock_kept();
    }
    return found ? found : sg_alloc(bytes);
}

void sg_block_free(void *block, size_t bytes)
{
    bytes = block_size(bytes);
#ifndef __SANITIZE_ADDRESS__                /* which could not see a use after this */
    if (block && bytes >= KEPT_LEAST && bytes <= KEPT_MOST && lock_kept()) {
        for (int k = 0; k < KEPT_BLOCKS && block; k++)
            if (!kept[k].block) {
                kept[k].block = block;
                kept[k].bytes = bytes;
                block = NULL;
            }
        unlock_kept();
    }
#endif
    sg_free(block);
}

int sg_grow_array(void **array, uint32_t *capacity, uint32_t need, size_t size)
{
    if (need <= *capacity)
        return 1;
    uint64_t wanted = *capacity ? 2 * (uint64_t)*capacity : 2;
    if (wanted < need)
        wanted = need;
    if (wanted >= SG_CONST || !may_allocate())
        return 0;
    void *bigger = realloc(*array, (size_t)wanted * size);
    if (!bigger)
        return 0;
    *array = bigger;
    *capacity = (uint32_t)wanted;
    return 1;
}
