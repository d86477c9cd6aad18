/* THE kernels: one operation over many lanes. Recording in bulk calls them for values, the sweep for contributions.
 *
 * Every kernel has the bits of its scalar form: lanes are never added to one another, products are rounded before they
 * are added, and functions are the scalar library's. So the width of the registers does not matter. */
#ifndef SG_LANES_H
#define SG_LANES_H
#include <stddef.h>
#include <stdint.h>

/* out[t] = op(x[t], y[t], w[t]) for an opcode of fixed arity. */
void sg_lanes_value(int op, uint32_t n, const double *x, const double *y, const double *w, double *out);
/* out[t] = d[t] * partial k of op at lane t, where the result was z[t]. The product is IEEE's. */
void sg_lanes_pull(int op, int k, uint32_t n, const double *d, const double *x, const double *y, const double *w,
                   const double *z, double *out);
/* c[t] += x[t] */
void sg_lanes_add(uint32_t n, const double *x, double *c);
/* c[r][j] += a[r][t] * b[t][j] for t = 0 .. inner - 1, in this order. The lanes are j < width, a multiple of 8. The
 * strides of a are a_row and a_step; rows of b and c are b_step and c_row apart. */
void sg_lanes_product(uint32_t rows, uint32_t width, uint32_t inner, const double *a, ptrdiff_t a_row, ptrdiff_t a_step,
                      const double *b, ptrdiff_t b_step, double *c, ptrdiff_t c_row);

/* Settings of an optimiser's step; pure/update.py explains them. */
typedef struct {
    double lr, momentum, dampening, weight_decay;
    int nesterov, first;
} sg_sgd;
typedef struct {
    double rate, beta1, beta2, eps, weight_decay, shrink, root;
} sg_adam;
/* A step of n parameters p with grads g, which it overwrites. velocity NULL: no momentum. */
void sg_lanes_sgd(sg_sgd o, uint32_t n, double *p, double *g, double *velocity);
void sg_lanes_adam(sg_adam o, uint32_t n, double *p, double *g, double *mean, double *square);

#endif
