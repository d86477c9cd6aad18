/* The adjoints of a graph's nodes, in one allocation: a spare word, adj[count], blocks[count / 64 + 1]. adj[i] is
 * SG_UNREACHED, bit by bit, if nothing has been added yet. blocks[i / 64] is 0 if that is so for all its 64 nodes. */
#ifndef SG_ADJOINTS_H
#define SG_ADJOINTS_H
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    double *adj;
    uint8_t *blocks;
} sg_adjoints;

#define SG_UNREACHED 0x7FF4A5A5A5A5A5A5u          /* a signalling nan: no arithmetic makes one */
#define SG_NEGATIVE_ZERO 0x8000000000000000u

/* Makes an adjoint of a user's number: a signalling nan becomes a quiet one. (Adding -0.0 would do it too, but
 * compilers remove that.) */
static inline double sg_quiet_nan(double x)
{
    return isnan(x) ? NAN : x;
}

static inline int sg_is_reached(double adjoint)
{
    uint64_t bits;
    memcpy(&bits, &adjoint, sizeof bits);
    return bits != SG_UNREACHED;
}

static inline int sg_reached(const sg_adjoints *adjoints, uint32_t i)
{
    return sg_is_reached(adjoints->adj[i]);
}

static inline void sg_set(sg_adjoints *adjoints, uint32_t i, double value)
{
    adjoints->adj[i] = value;
    adjoints->blocks[i / 64] = 1;
}

/* Adjoints of `count` nodes: the first `neutral` are -0.0, and count as reached; the others are not reached. adj is
 * NULL if memory ran out. */
sg_adjoints sg_adjoints_new(uint32_t count, uint32_t neutral);
/* Makes used ones what sg_adjoints_new makes. Takes time for what was reached, and for what is neutral. */
void sg_adjoints_reset(sg_adjoints *adjoints, uint32_t count, uint32_t neutral);
/* Copies what `from` reaches into `into`. */
void sg_adjoints_merge(sg_adjoints *into, const sg_adjoints *from, uint32_t count);
/* Copies the nodes from `start` to `end`, reached or not, over nodes that `into` does not reach. */
void sg_adjoints_copy(sg_adjoints *into, const sg_adjoints *from, uint32_t start, uint32_t end);
void sg_adjoints_free(sg_adjoints *adjoints, uint32_t count);
size_t sg_adjoints_bytes(uint32_t count);

#endif
