/* How a node names an operand: by the position of its number in val[], or, with the flag SG_CONST, in consts[]. */
#ifndef SG_ENCODING_H
#define SG_ENCODING_H
#include <stdint.h>

#define SG_CONST 0x80000000u

static inline double sg_number_at(const double *val, const double *consts, uint32_t operand)
{
    return operand & SG_CONST ? consts[operand & ~SG_CONST] : val[operand];
}

#endif
