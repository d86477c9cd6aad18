/* Operations on whole arrays, element by element. They define what the operations in bulk mean. */
#ifndef SG_EACH_H
#define SG_EACH_H
#include "arrays/block.h"

/* A block of the results of a primitive. The operands have equal shapes. NULL with an exception. */
PyObject *sg_each_element(int op, int arity, const sg_array operands[3]);
/* A block of the sums of products of left, right and, unless its block is NULL, bias. NULL with an exception. */
PyObject *sg_each_product(const sg_array operands[3]);
/* A block of the reductions of rows. logsumexp takes its shifts from `shifts`. NULL with an exception. */
PyObject *sg_each_row(int op, const sg_array *rows, const sg_array *shifts);

#endif
