/* The table of primitives in C. The generated ops.h has the opcodes, the arities, and one inline function per value and
 * partial. sg_value and sg_partial, which scalargrad.h declares, find them by opcode. */
#ifndef SG_TABLE_H
#define SG_TABLE_H
#include <float.h>
#include <math.h>

#include "ops.h"
#include "scalargrad.h"

#if FLT_EVAL_METHOD != 0
#error "scalargrad needs arithmetic in double precision (FLT_EVAL_METHOD 0): on x86, compile with -msse2 -mfpmath=sse"
#endif

/* The product of the chain rule: IEEE's, except that a nan made by a zero factor is 0. */
static inline double sg_zmul(double a, double b)
{
    double p = a * b;
    return isnan(p) && (a == 0.0 || b == 0.0) ? 0.0 : p;
}

#endif
