/* Memory: allocations that tests can make fail, and large ones that are kept for reuse. */
#include "tape/memory.h"

#include <stdlib.h>
#include <string.h>

#include "scalargrad.h"
#include "table/encoding.h"

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

void sg_free(void *memory)
{
    free(memory);
}

#define KEPT 16u
#define KEPT_LEAST ((size_t)1 << 16)
#define KEPT_MOST ((size_t)1 << 23)
#define KEPT_TOTAL ((size_t)1 << 25)

static struct {
    void *memory;
    size_t bytes;
} kept[KEPT];
static size_t kept_total;
static char kept_lock;

/* Another thread may hold the lock, or a fork may have left it held. Then malloc and free are used instead. */
static int lock_kept(void)
{
    return !__atomic_test_and_set(&kept_lock, __ATOMIC_ACQUIRE);
}

static void unlock_kept(void)
{
    __atomic_clear(&kept_lock, __ATOMIC_RELEASE);
}

/* The size passed to malloc: rounded, so that allocations of similar sizes can be reused for each other. */
static size_t rounded(size_t bytes)
{
    return bytes < KEPT_LEAST ? bytes : (bytes + KEPT_LEAST - 1) / KEPT_LEAST * KEPT_LEAST;
}

void *sg_large_alloc(size_t bytes)
{
    void *found = NULL;
    bytes = rounded(bytes);
    if (!may_allocate())
        return NULL;
    if (bytes >= KEPT_LEAST && bytes <= KEPT_MOST && lock_kept()) {
        for (uint32_t k = 0; k < KEPT && !found; k++)
            if (kept[k].memory && kept[k].bytes == bytes) {
                found = kept[k].memory;
                kept[k].memory = NULL;
                kept_total -= bytes;
            }
        unlock_kept();
    }
    return found ? found : malloc(bytes ? bytes : 1);
}

void sg_large_free(void *memory, size_t bytes)
{
    bytes = rounded(bytes);
#ifndef __SANITIZE_ADDRESS__  /* it could not detect a use of kept memory */
    if (memory && bytes >= KEPT_LEAST && bytes <= KEPT_MOST && lock_kept()) {
        static uint32_t next;     /* gives way when there is no room */
        uint32_t k = 0;
        while (k < KEPT && kept[k].memory)
            k++;
        for (; k == KEPT || kept_total + bytes > KEPT_TOTAL; next = (next + 1) % KEPT) {
            k = next;
            kept_total -= kept[k].memory ? kept[k].bytes : 0;
            sg_free(kept[k].memory);
            kept[k].memory = NULL;
        }
        kept_total += bytes;
        kept[k].memory = memory;
        kept[k].bytes = bytes;
        memory = NULL;
        unlock_kept();
    }
#endif
    sg_free(memory);
}

int sg_grow_array(void **array, uint32_t *capacity, uint32_t need, size_t size)
{
    if (need <= *capacity)
        return 1;
    uint64_t wanted = *capacity ? 2 * (uint64_t)*capacity : 2;
    if (wanted < need)
        wanted = need;
    if (wanted >= SG_CONST)
        return 0;
    size_t bytes = rounded(wanted * size);
    void *bigger;
    if (bytes >= KEPT_LEAST && bytes <= KEPT_MOST) {
        if (!(bigger = sg_large_alloc(bytes)))
            return 0;
        if (*array)
            memcpy(bigger, *array, *capacity * size);
        sg_large_free(*array, *capacity * size);
    } else if (!may_allocate() || !(bigger = realloc(*array, bytes))) {
        return 0;
    }
    *array = bigger;
    *capacity = (uint32_t)wanted;
    return 1;
}
