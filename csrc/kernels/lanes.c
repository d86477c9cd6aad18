/* The kernels, compiled once per width of register. The path in use is chosen when the library is loaded. */
#include "kernels/lanes.h"

#include <math.h>
#include <string.h>

#include "scalargrad.h"
#include "table/table.h"

/* The kernels of a path; lanes.h describes them. */
typedef struct {
    void (*value)(int, uint32_t, const double *restrict, const double *restrict, const double *restrict,
                  double *restrict);
    void (*pull)(int, int, uint32_t, const double *restrict, const double *restrict, const double *restrict,
                 const double *restrict, const double *restrict, double *restrict);
    void (*add)(uint32_t, const double *restrict, double *restrict);
    void (*product)(uint32_t, uint32_t, uint32_t, const double *, ptrdiff_t, ptrdiff_t, const double *, ptrdiff_t,
                    double *, ptrdiff_t);
    void (*sgd)(sg_sgd, uint32_t, double *restrict, double *restrict, double *restrict);
    void (*adam)(sg_adam, uint32_t, double *restrict, double *restrict, double *restrict, double *restrict);
} sg_kernels;

/* --- rows of the table, over lanes -------------------------------------------------------------------------------- */

#define FOR_LANES for (uint32_t t = 0; t < n; t++)
#define LANES_VALUE_1(name, code)                                                                                      \
    case code:                                                                                                         \
        FOR_LANES out[t] = sg_value_##name(x[t]);                                                                      \
        return;
#define LANES_VALUE_2(name, code)                                                                                      \
    case code:                                                                                                         \
        FOR_LANES out[t] = sg_value_##name(x[t], y[t]);                                                                \
        return;
#define LANES_VALUE_3(name, code)                                                                                      \
    case code:                                                                                                         \
        FOR_LANES out[t] = sg_value_##name(x[t], y[t], w[t]);                                                          \
        return;

#define SG_TIMES(d, partial) ((d) * (partial))
#define LANES_PULL_1(name, code)                                                                                       \
    case code:                                                                                                         \
        FOR_LANES out[t] = SG_PRODUCT_##name##_0(d[t], x[t], z[t]);                                                    \
        return;
#define LANES_PULL_2(name, code)                                                                                       \
    case code:                                                                                                         \
        if (k == 0)                                                                                                    \
            FOR_LANES out[t] = SG_PRODUCT_##name##_0(d[t], x[t], y[t], z[t]);                                          \
        else                                                                                                           \
            FOR_LANES out[t] = SG_PRODUCT_##name##_1(d[t], x[t], y[t], z[t]);                                          \
        return;
#define LANES_PULL_3(name, code)                                                                                       \
    case code:                                                                                                         \
        if (k == 0)                                                                                                    \
            FOR_LANES out[t] = SG_PRODUCT_##name##_0(d[t], x[t], y[t], w[t], z[t]);                                    \
        else if (k == 1)                                                                                               \
            FOR_LANES out[t] = SG_PRODUCT_##name##_1(d[t], x[t], y[t], w[t], z[t]);                                    \
        else                                                                                                           \
            FOR_LANES out[t] = SG_PRODUCT_##name##_2(d[t], x[t], y[t], w[t], z[t]);                                    \
        return;

/* --- the paths ---------------------------------------------------------------------------------------------------- */

#define SG_PATH(name) name##_default
#define SG_TARGET
#define SG_TILE_PARTS 4
#define SG_TILE_ROWS 2
#include "kernels/kernels.h"

static int is_default_here(void)
{
    return 1;
}

/* The wider paths exist with gcc and glibc on x86-64. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__gnu_linux__) && defined(__GLIBC__)
#define SG_PATH(name) name##_avx2
#define SG_TARGET __attribute__((target("avx2")))
#define SG_TILE_PARTS 2
#define SG_TILE_ROWS 4
#include "kernels/kernels.h"

static int is_avx2_here(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}

#define SG_PATH(name) name##_avx512f
#define SG_TARGET __attribute__((target("avx512f")))
#define SG_TILE_PARTS 1
#define SG_TILE_ROWS 8
#include "kernels/kernels.h"

static int is_avx512f_here(void)
{
    return __builtin_cpu_supports("avx512f") != 0;
}

#define WIDER_PATHS {"avx2", &kernels_avx2, is_avx2_here}, {"avx512f", &kernels_avx512f, is_avx512f_here},
#else
#define WIDER_PATHS
#endif

/* --- the choice --------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    const sg_kernels *kernels;
    int (*is_here)(void);    /* whether the CPU has these registers */
} path;

static const path paths[] = {{"default", &kernels_default, is_default_here}, WIDER_PATHS};
enum { PATHS = sizeof paths / sizeof *paths };
static const path *taken = paths;

const char *sg_simd_path(int k)
{
    return k >= 0 && k < PATHS && paths[k].is_here() ? paths[k].name : NULL;
}

const char *sg_simd_taken(void)
{
    return taken->name;
}

int sg_simd_take(const char *name)
{
    for (int k = PATHS; k-- > 0;)
        if (paths[k].is_here() && (!name || !strcmp(name, paths[k].name))) {
            taken = &paths[k];
            return 1;
        }
    return 0;
}

/* --- what the rest of the library calls --------------------------------------------------------------------------- */

void sg_lanes_value(int op, uint32_t n, const double *x, const double *y, const double *w, double *out)
{
    taken->kernels->value(op, n, x, y, w, out);
}

void sg_lanes_pull(int op, int k, uint32_t n, const double *d, const double *x, const double *y, const double *w,
                   const double *z, double *out)
{
    taken->kernels->pull(op, k, n, d, x, y, w, z, out);
}

void sg_lanes_add(uint32_t n, const double *x, double *c)
{
    taken->kernels->add(n, x, c);
}

void sg_lanes_product(uint32_t rows, uint32_t width, uint32_t inner, const double *a, ptrdiff_t a_row, ptrdiff_t a_step,
                      const double *b, ptrdiff_t b_step, double *c, ptrdiff_t c_row)
{
    taken->kernels->product(rows, width, inner, a, a_row, a_step, b, b_step, c, c_row);
}

void sg_lanes_sgd(sg_sgd o, uint32_t n, double *p, double *g, double *velocity)
{
    taken->kernels->sgd(o, n, p, g, velocity);
}

void sg_lanes_adam(sg_adam o, uint32_t n, double *p, double *g, double *mean, double *square)
{
    taken->kernels->adam(o, n, p, g, mean, square);
}
