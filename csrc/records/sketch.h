/* What a piece of a graph is, beside its numbers: words that are the same for two pieces only if their records are the
 * same but for the numbers of the nodes. It is read off the tape, so that it takes less time than the record. */
#ifndef SG_SKETCH_H
#define SG_SKETCH_H
#include "tape/pieces.h"

typedef struct {
    uint32_t *words;
    uint32_t count, capacity;
} sg_sketch;

/* Sketches a piece, whose planted leaves have these numbers. 1: done; 0: no memory; -1: it has no sketch, because it
 * uses more than these leaves, or one with another number. The sketch must be freed in any case. */
int sg_sketch_piece(const sg_planting *planting, const sg_end *roots, uint32_t root_count, const double *numbers,
                    sg_sketch *sketch);
void sg_sketch_free(sg_sketch *sketch);

#endif
