/* The C library's functions that the generated expressions call, with one of ours: lgamma writes to a global variable,
 * which threads would share, so lgamma_r stands for it where there is one. The result is the same. */
#ifndef SG_LIBM_H
#define SG_LIBM_H
#include <math.h>

static inline double sg_lgamma(double x)
{
#ifdef _WIN32
    return lgamma(x);
#else
    int sign;
    return lgamma_r(x, &sign);
#endif
}

#endif
