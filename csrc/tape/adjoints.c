/* Adjoints: made and freed. */
#include "tape/adjoints.h"

#include "tape/memory.h"

size_t sg_adjoints_bytes(uint32_t count)
{
    return ((size_t)count + 1) * sizeof(double) + (size_t)count / 64 + 1;
}

sg_adjoints sg_adjoints_new(uint32_t count, uint32_t neutral)
{
    double *memory = sg_large_alloc(sg_adjoints_bytes(count));
    sg_adjoints made = {NULL, NULL};
    if (memory) {
        typedef uint64_t __attribute__((may_alias)) bits;
        const bits zero = SG_NEGATIVE_ZERO, unreached = SG_UNREACHED;
        made.adj = memory + 1;
        for (uint32_t i = 0; i <= neutral; i++)
            ((bits *)memory)[i] = zero;
        for (uint32_t i = neutral; i < count; i++)
            ((bits *)made.adj)[i] = unreached;
        made.blocks = (uint8_t *)(made.adj + count);
        memset(made.blocks, 0, (size_t)count / 64 + 1);
    }
    return made;
}

void sg_adjoints_free(sg_adjoints *adjoints, uint32_t count)
{
    if (adjoints->adj)
        sg_large_free(adjoints->adj - 1, sg_adjoints_bytes(count));
    adjoints->adj = NULL;
}
