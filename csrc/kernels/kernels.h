/* The bodies of the kernels. lanes.c includes this file once per width of register, and defines before:
 *   SG_PATH(name)        the name of a function on this path
 *   SG_TARGET            the attribute that lets the compiler use these registers
 *   SG_TILE_ROWS         the rows of a tile of a product
 *   SG_TILE_PARTS        the registers for the 8 numbers of each of its rows
 * lanes.h describes the parameters of the functions. */

/* --- element by element ------------------------------------------------------------------------------------------- */

SG_TARGET static void SG_PATH(value)(int op, uint32_t n, const double *restrict x, const double *restrict y,
                                     const double *restrict w, double *restrict out)
{
    switch (op) {
        SG_ROWS_1(LANES_VALUE_1)
        SG_ROWS_2(LANES_VALUE_2)
        SG_ROWS_3(LANES_VALUE_3)
    }
}

SG_TARGET static void SG_PATH(pull)(int op, int k, uint32_t n, const double *restrict d, const double *restrict x,
                                    const double *restrict y, const double *restrict w, const double *restrict z,
                                    double *restrict out)
{
    switch (op) {
        SG_ROWS_1(LANES_PULL_1)
        SG_ROWS_2(LANES_PULL_2)
        SG_ROWS_3(LANES_PULL_3)
    }
}

SG_TARGET static void SG_PATH(add)(uint32_t n, const double *restrict x, double *restrict c)
{
    FOR_LANES c[t] += x[t];
}

/* --- products ----------------------------------------------------------------------------------------------------- */

typedef double SG_PATH(vector) __attribute__((vector_size(64 / SG_TILE_PARTS), aligned(8)));

/* A tile of 8 columns, whose sums stay in registers. `rows` is a constant at each call. */
SG_TARGET static inline __attribute__((always_inline)) void SG_PATH(tile)(uint32_t rows, uint32_t inner,
                                                                          const double *a, ptrdiff_t a_row,
                                                                          ptrdiff_t a_step, const double *b,
                                                                          ptrdiff_t b_step, double *c, ptrdiff_t c_row)
{
    SG_PATH(vector) sum[SG_TILE_ROWS][SG_TILE_PARTS], row[SG_TILE_PARTS];
    for (uint32_t r = 0; r < rows; r++)
        for (int p = 0; p < SG_TILE_PARTS; p++)
            sum[r][p] = ((const SG_PATH(vector) *)(c + r * c_row))[p];
    for (uint32_t t = 0; t < inner; t++) {
        for (int p = 0; p < SG_TILE_PARTS; p++)
            row[p] = ((const SG_PATH(vector) *)(b + t * b_step))[p];
        for (uint32_t r = 0; r < rows; r++)
            for (int p = 0; p < SG_TILE_PARTS; p++)
                sum[r][p] += a[r * a_row + t * a_step] * row[p];
    }
    for (uint32_t r = 0; r < rows; r++)
        for (int p = 0; p < SG_TILE_PARTS; p++)
            ((SG_PATH(vector) *)(c + r * c_row))[p] = sum[r][p];
}

SG_TARGET static void SG_PATH(product)(uint32_t rows, uint32_t width, uint32_t inner, const double *a, ptrdiff_t a_row,
                                       ptrdiff_t a_step, const double *b, ptrdiff_t b_step, double *c, ptrdiff_t c_row)
{
    for (uint32_t j = 0; j < width; j += 8) {
        uint32_t r = 0;
        for (; r + SG_TILE_ROWS <= rows; r += SG_TILE_ROWS)
            SG_PATH(tile)(SG_TILE_ROWS, inner, a + r * a_row, a_row, a_step, b + j, b_step, c + r * c_row + j, c_row);
        for (; r < rows; r++)
            SG_PATH(tile)(1, inner, a + r * a_row, a_row, a_step, b + j, b_step, c + r * c_row + j, c_row);
    }
}

/* --- the steps of optimisers -------------------------------------------------------------------------------------- */

SG_TARGET static void SG_PATH(sgd)(sg_sgd o, uint32_t n, double *restrict p, double *restrict g,
                                   double *restrict velocity)
{
    double gain = 1.0 - o.dampening;
    if (o.weight_decay != 0.0)
        for (uint32_t k = 0; k < n; k++)
            g[k] += o.weight_decay * p[k];
    if (velocity) {
        for (uint32_t k = 0; k < n; k++)
            velocity[k] = o.first ? g[k] : o.momentum * velocity[k] + gain * g[k];
        for (uint32_t k = 0; k < n; k++)
            g[k] = o.nesterov ? g[k] + o.momentum * velocity[k] : velocity[k];
    }
    for (uint32_t k = 0; k < n; k++)
        p[k] -= o.lr * g[k];
}

SG_TARGET static void SG_PATH(adam)(sg_adam o, uint32_t n, double *restrict p, double *restrict g,
                                    double *restrict mean, double *restrict square)
{
    double gain1 = 1.0 - o.beta1, gain2 = 1.0 - o.beta2;
    if (o.weight_decay != 0.0)
        for (uint32_t k = 0; k < n; k++)
            g[k] += o.weight_decay * p[k];
    for (uint32_t k = 0; k < n; k++) {
        mean[k] = o.beta1 * mean[k] + gain1 * g[k];
        square[k] = o.beta2 * square[k] + gain2 * (g[k] * g[k]);
        p[k] = o.shrink * p[k] - o.rate * (mean[k] / (sqrt(square[k]) / o.root + o.eps));
    }
}

static const sg_kernels SG_PATH(kernels) = {SG_PATH(value),   SG_PATH(pull), SG_PATH(add),
                                            SG_PATH(product), SG_PATH(sgd),  SG_PATH(adam)};

#undef SG_PATH
#undef SG_TARGET
#undef SG_TILE_PARTS
#undef SG_TILE_ROWS
