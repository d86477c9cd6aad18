/* The kernels, compiled once for each width of register that the CPU may have and chosen when the library is loaded. */
#include "lanes.h"

#include <string.h>

#include "ops.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__gnu_linux__) && defined(__GLIBC__)
#define SG_DISPATCH
#endif
/* The sanitizers are not ready yet when the loader asks which clone to take. */
#if defined(SG_DISPATCH) && !defined(__SANITIZE_ADDRESS__)
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

/* A tile of `ROWS` rows and 8 columns, whose sums stay in registers: PARTS vectors a row. `rows` is a constant where this is
 * inlined. */
#define DEFINE_PRODUCT(suffix, TARGET, PARTS, ROWS)                                                                   \
    typedef double vector_##suffix __attribute__((vector_size(64 / PARTS), aligned(8)));                              \
    TARGET static inline __attribute__((always_inline)) void tile_##suffix(                                           \
        uint32_t rows, uint32_t inner, const double *a, ptrdiff_t a_row, ptrdiff_t a_step, const double *b,           \
        ptrdiff_t b_step, double *c, ptrdiff_t c_row)                                                                 \
    {                                                                                                                 \
        vector_##suffix sum[ROWS][PARTS], row[PARTS];                                                                 \
        for (uint32_t r = 0; r < rows; r++)                                                                           \
            for (int p = 0; p < PARTS; p++)                                                                           \
                sum[r][p] = ((const vector_##suffix *)(c + r * c_row))[p];                                            \
        for (uint32_t t = 0; t < inner; t++) {                                                                        \
            for (int p = 0; p < PARTS; p++)                                                                           \
                row[p] = ((const vector_##suffix *)(b + t * b_step))[p];                                              \
            for (uint32_t r = 0; r < rows; r++)                                                                       \
                for (int p = 0; p < PARTS; p++)                                                                       \
                    sum[r][p] += a[r * a_row + t * a_step] * row[p];                                                  \
        }                                                                                                             \
        for (uint32_t r = 0; r < rows; r++)                                                                           \
            for (int p = 0; p < PARTS; p++)                                                                           \
                ((vector_##suffix *)(c + r * c_row))[p] = sum[r][p];                                                  \
    }                                                                                                                 \
    TARGET static void product_##suffix(uint32_t rows, uint32_t width, uint32_t inner, const double *a,               \
                                        ptrdiff_t a_row, ptrdiff_t a_step, const double *b, ptrdiff_t b_step,         \
                                        double *c, ptrdiff_t c_row)                                                   \
    {                                                                                                                 \
        for (uint32_t j = 0; j < width; j += 8) {                                                                     \
            uint32_t r = 0;                                                                                           \
            for (; r + ROWS <= rows; r += ROWS)                                                                       \
                tile_##suffix(ROWS, inner, a + r * a_row, a_row, a_step, b + j, b_step, c + r * c_row + j, c_row);    \
            for (; r < rows; r++)                                                                                     \
                tile_##suffix(1, inner, a + r * a_row, a_row, a_step, b + j, b_step, c + r * c_row + j, c_row);       \
        }                                                                                                             \
    }

DEFINE_PRODUCT(default, , 4, 2)
#ifdef SG_DISPATCH
DEFINE_PRODUCT(avx2, __attribute__((target("avx2"))), 2, 4)
DEFINE_PRODUCT(avx512, __attribute__((target("avx512f"))), 1, 8)
#endif

void sg_lanes_product(uint32_t rows, uint32_t width, uint32_t inner, const double *a, ptrdiff_t a_row,
                      ptrdiff_t a_step, const double *b, ptrdiff_t b_step, double *c, ptrdiff_t c_row)
{
#ifdef SG_DISPATCH
    if (__builtin_cpu_supports("avx512f"))
        product_avx512(rows, width, inner, a, a_row, a_step, b, b_step, c, c_row);
    else if (__builtin_cpu_supports("avx2"))
        product_avx2(rows, width, inner, a, a_row, a_step, b, b_step, c, c_row);
    else
#endif
        product_default(rows, width, inner, a, a_row, a_step, b, b_step, c, c_row);
}
