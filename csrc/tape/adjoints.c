/* Adjoints: made, used again, merged and freed. */
#include "tape/adjoints.h"

#include "tape/memory.h"

typedef uint64_t __attribute__((may_alias)) bits;      /* of an adjoint: a signalling nan stays one */

static void fill_in(double *adj, uint32_t start, uint32_t end, uint64_t number)
{
    bits *at = (bits *)adj;
    for (uint32_t i = start; i < end; i++)
        at[i] = number;
}

static uint32_t block_end(uint32_t block, uint32_t count)
{
    return count - 64 * block < 64 ? count : 64 * block + 64;
}

static void begin(sg_adjoints *adjoints, uint32_t count, uint32_t neutral)
{
    uint32_t blocks = count / 64 + 1, begun = (neutral + 63) / 64;
    fill_in(adjoints->adj, 0, neutral, SG_NEGATIVE_ZERO);
    memset(adjoints->blocks, 1, begun);
    memset(adjoints->blocks + begun, 0, blocks - begun);
}

size_t sg_adjoints_bytes(uint32_t count)
{
    return ((size_t)count + 1) * sizeof(double) + (size_t)count / 64 + 1;
}

sg_adjoints sg_adjoints_new(uint32_t count, uint32_t neutral)
{
    double *memory = sg_large_alloc(sg_adjoints_bytes(count));
    sg_adjoints made = {NULL, NULL};
    if (memory) {
        *memory = -0.0;
        made.adj = memory + 1;
        made.blocks = (uint8_t *)(made.adj + count);
        fill_in(made.adj, neutral, count, SG_UNREACHED);
        begin(&made, count, neutral);
    }
    return made;
}

void sg_adjoints_reset(sg_adjoints *adjoints, uint32_t count, uint32_t neutral)
{
    for (uint32_t block = neutral / 64; block <= count / 64; block++)
        if (adjoints->blocks[block])
            fill_in(adjoints->adj, 64 * block < neutral ? neutral : 64 * block, block_end(block, count), SG_UNREACHED);
    begin(adjoints, count, neutral);
}

void sg_adjoints_merge(sg_adjoints *into, const sg_adjoints *from, uint32_t count)
{
    for (uint32_t block = 0; block <= count / 64; block++) {
        if (!from->blocks[block])
            continue;
        bits *to = (bits *)into->adj;
        const bits *new = (const bits *)from->adj;
        for (uint32_t i = 64 * block, end = block_end(block, count); i < end; i++)
            to[i] = new[i] == SG_UNREACHED ? to[i] : new[i];
        into->blocks[block] = 1;
    }
}

void sg_adjoints_copy(sg_adjoints *into, const sg_adjoints *from, uint32_t start, uint32_t end)
{
    memcpy(into->adj + start, from->adj + start, (end - start) * sizeof *into->adj);
    for (uint32_t block = start / 64; block <= (end - 1) / 64; block++)
        into->blocks[block] |= from->blocks[block];
}

void sg_adjoints_free(sg_adjoints *adjoints, uint32_t count)
{
    if (adjoints->adj)
        sg_large_free(adjoints->adj - 1, sg_adjoints_bytes(count));
    adjoints->adj = NULL;
}
