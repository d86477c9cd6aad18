/* Every value and partial of the table, by opcode. */
#include "scalargrad.h"

#include "ops.h"

#define VALUE_1(name, code)                                                                                           \
    case code:                                                                                                        \
        return sg_value_##name(x);
#define VALUE_2(name, code)                                                                                           \
    case code:                                                                                                        \
        return sg_value_##name(x, y);
#define VALUE_3(name, code)                                                                                           \
    case code:                                                                                                        \
        return sg_value_##name(x, y, w);

double sg_value(int opcode, double x, double y, double w)
{
    switch (opcode) {
        SG_ROWS_1(VALUE_1)
        SG_ROWS_2(VALUE_2)
        SG_ROWS_3(VALUE_3)
    default:
        return NAN;
    }
}

#define PARTIALS_1(name, code)                                                                                        \
    case code:                                                                                                        \
        return sg_partial_##name##_0(x, z);
#define PARTIALS_2(name, code)                                                                                        \
    case code:                                                                                                        \
        return k == 0 ? sg_partial_##name##_0(x, y, z) : sg_partial_##name##_1(x, y, z);
#define PARTIALS_3(name, code)                                                                                        \
    case code:                                                                                                        \
        return k == 0   ? sg_partial_##name##_0(x, y, w, z)                                                           \
               : k == 1 ? sg_partial_##name##_1(x, y, w, z)                                                           \
                        : sg_partial_##name##_2(x, y, w, z);

double sg_partial(int opcode, int k, double x, double y, double w, double z)
{
    switch (opcode) {
        SG_ROWS_1(PARTIALS_1)
        SG_ROWS_2(PARTIALS_2)
        SG_ROWS_3(PARTIALS_3)
    default:
        return NAN;
    }
}
