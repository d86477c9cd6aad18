/* The kernels, compiled once for each width of register that the CPU may have and chosen when the library is loaded. */
#include "lanes.h"

#include <string.h>

#include "ops.h"

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GLIBC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define SG_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SG_CLONES
#endif

/* --- element by element ------------------------------------------------------------------------------------------ */

#define FOR_LANES for (uint32_t t = 0; t < n; t++)
#define VALUE_1(name, code)                                                                                           \
    case code:                                                                                                        \
        FOR_LANES out[t] = sg_value_##name(x[t]);                                                                     \
        return;
#define VALUE_2(name, code)                                                                                           \
    case code:                                                                                                        \
        FOR_LANES out[t] = sg_value_##name(x[t], y[t]);                                                               \
        return;
#define VALUE_3(name, code)                                                                                           \
    case code:                                                                                                        \
        FOR_LANES out[t] = sg_value_##name(x[t], y[t], w[t]);                                                         \
        return;

SG_CLONES void sg_lanes_value(int op, uint32_t n, const double *restrict x, const double *restrict y,
                              const double *restrict w, double *restrict out)
{
    switch (op) {
        SG_ROWS_1(VALUE_1)
        SG_ROWS_2(VALUE_2)
        SG_ROWS_3(VALUE_3)
    }
}

#define SG_TIMES(d, partial) ((d) * (partial))
#define PULL_1(name, code)                                                                                            \
    case code:                                                                                                        \
        FOR_LANES out[t] = SG_PRODUCT_##name##_0(d[t], x[t], z[t]);                                                   \
        return;
#define PULL_2(name, code)                                                                                            \
    case code:                                                                                                        \
        if (k == 0)                                                                                                   \
            FOR_LANES out[t] = SG_PRODUCT_##name##_0(d[t], x[t], y[t], z[t]);                                         \
        else                                                                                                          \
            FOR_LANES out[t] = SG_PRODUCT_##name##_1(d[t], x[t], y[t], z[t]);                                         \
        return;
#define PULL_3(name, code)                                                                                            \
    case code:                                                                                                        \
        if (k == 0)                                                                                                   \
            FOR_LANES out[t] = SG_PRODUCT_##name##_0(d[t], x[t], y[t], w[t], z[t]);                                   \
        else if (k == 1)                                                                                              \
            FOR_LANES out[t] = SG_PRODUCT_##name##_1(d[t], x[t], y[t], w[t], z[t]);                                   \
        else                                                                                                          \
            FOR_LANES out[t] = SG_PRODUCT_##name##_2(d[t], x[t], y[t], w[t], z[t]);                                   \
        return;

SG_CLONES void sg_lanes_pull(int op, int k, uint32_t n, const double *restrict d, const double *restrict x,
                             const double *restrict y, const double *restrict w, const double *restrict z,
                             double *restrict out)
{
    switch (op) {
        SG_ROWS_1(PULL_1)
        SG_ROWS_2(PULL_2)
        SG_ROWS_3(PULL_3)
    }
}

SG_CLONES void sg_lanes_add(uint32_t n, const double *restrict x, double *restrict c)
{
    FOR_LANES c[t] += x[t];
}

/* --- products ------------------------------------------------------------------------------------------------------ */

#define LANES 8
#define TILE 4
typedef double lanes __attribute__((vector_size(LANES * sizeof(double)), aligned(sizeof(double))));

/* A tile of `TILE` rows and 8 lanes, whose sums stay in registers. */
static inline __attribute__((always_inline)) void tile(uint32_t rows, uint32_t inner, const double *a, ptrdiff_t a_row,
                                                       ptrdiff_t a_step, const double *b, ptrdiff_t b_step, double *c,
                                                       ptrdiff_t c_row)
{
    lanes sum[TILE];
    for (uint32_t r = 0; r < rows; r++)
        sum[r] = *(const lanes *)(c + r * c_row);
    for (uint32_t t = 0; t < inner; t++) {
        lanes row = *(const lanes *)(b + t * b_step);
        for (uint32_t r = 0; r < rows; r++)
            sum[r] += a[r * a_row + t * a_step] * row;
    }
    for (uint32_t r = 0; r < rows; r++)
        *(lanes *)(c + r * c_row) = sum[r];
}

/* The last few columns, fewer than a register holds. */
static inline __attribute__((always_inline)) void narrow(uint32_t rows, uint32_t width, uint32_t inner, const double *a,
                                                         ptrdiff_t a_row, ptrdiff_t a_step, const double *b,
                                                         ptrdiff_t b_step, double *c, ptrdiff_t c_row)
{
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t j = 0; j < width; j++) {
            double sum = c[r * c_row + j];
            for (uint32_t t = 0; t < inner; t++)
                sum += a[r * a_row + t * a_step] * b[t * b_step + j];
            c[r * c_row + j] = sum;
        }
}

SG_CLONES void sg_lanes_product(uint32_t rows, uint32_t width, uint32_t inner, const double *a, ptrdiff_t a_row,
                                ptrdiff_t a_step, const double *b, ptrdiff_t b_step, double *c, ptrdiff_t c_row)
{
    uint32_t j = 0;
    for (; j + LANES <= width; j += LANES) {
        uint32_t r = 0;
        for (; r + TILE <= rows; r += TILE)
            tile(TILE, inner, a + r * a_row, a_row, a_step, b + j, b_step, c + r * c_row + j, c_row);
        for (; r < rows; r++)
            tile(1, inner, a + r * a_row, a_row, a_step, b + j, b_step, c + r * c_row + j, c_row);
    }
    if (j < width)
        narrow(rows, width - j, inner, a, a_row, a_step, b + j, b_step, c + j, c_row);
}
