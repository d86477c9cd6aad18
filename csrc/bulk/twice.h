/* Contributions of a product of a matrix with itself or its transpose. */
#ifndef SG_TWICE_H
#define SG_TWICE_H
#include "bulk/product.h"

/* Whether a product is one: its operands are the same nodes, each once in each, and its bias has none. */
int sg_is_twice(const sg_bulk *bulk);
/* Adds the contributions of all its elements, in the order in which they arrive element by element. 0: no memory. */
int sg_pull_twice(sg_product p);

#endif
