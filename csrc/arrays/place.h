/* Operands of operations on arrays: the places of their elements in the open graph. */
#ifndef SG_PLACE_H
#define SG_PLACE_H
#include "arrays/block.h"
#include "python/thread.h"

/* Finds the places of an array's elements in the open graph. Elements that are new there enter it. 0: no memory. */
int sg_place(sg_graph *open, const sg_array *x, sg_span *span);
/* Whether all items of a block are nodes. */
int sg_is_tracked(Block *block);
/* The thread's open graph for an operation on arrays, with room for `need` nodes. NULL with an exception. */
sg_graph *sg_open_for(sg_thread *thread, const sg_array arrays[3], uint32_t need);

#endif
