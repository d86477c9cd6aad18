/* The table of primitives as C. The generated ops.h has the opcodes and arities, and an inline function for every value
 * and partial; sg_value and sg_partial, which scalargrad.h declares, find them by opcode. */
#ifndef SG_TABLE_H
#define SG_TABLE_H
#include "ops.h"
#include "scalargrad.h"

#endif
