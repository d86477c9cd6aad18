/* Products of matrices in any layout. */
#ifndef SG_MULTIPLY_H
#define SG_MULTIPLY_H
#include <stddef.h>
#include <stdint.h>

/* Numbers in memory: element (r, c) at at[r * row + c * column]. */
typedef struct {
    const double *at;
    ptrdiff_t row, column;
} sg_source;

/* Numbers to write to, likewise. */
typedef struct {
    double *at;
    ptrdiff_t row, column;
} sg_target;

/* c[r][j] += a[r][t] * b[t][j], t in order. The lanes are the columns, or the rows if there are few columns and more
 * rows. Numbers that are not side by side, or do not fill the last register, are copied first. 0: no memory. */
int sg_multiply(uint32_t rows, uint32_t columns, uint32_t inner, sg_source a, sg_source b, sg_target c);

#endif
