/* Every value and partial of the table, by opcode. */
#include "table/table.h"

#define VALUE_CASE_1(name, code)                                                                                       \
    case code:                                                                                                         \
        return sg_value_##name(x);
#define VALUE_CASE_2(name, code)                                                                                       \
    case code:                                                                                                         \
        return sg_value_##name(x, y);
#define VALUE_CASE_3(name, code)                                                                                       \
    case code:                                                                                                         \
        return sg_value_##name(x, y, w);

double sg_value(int opcode, double x, double y, double w)
{
    switch (opcode) {
        SG_ROWS_1(VALUE_CASE_1)
        SG_ROWS_2(VALUE_CASE_2)
        SG_ROWS_3(VALUE_CASE_3)
    default:
        return NAN;
    }
}

#define PARTIAL_CASE_1(name, code)                                                                                     \
    case code:                                                                                                         \
        return sg_partial_##name##_0(x, z);
#define PARTIAL_CASE_2(name, code)                                                                                     \
    case code:                                                                                                         \
        return k == 0 ? sg_partial_##name##_0(x, y, z) : sg_partial_##name##_1(x, y, z);
#define PARTIAL_CASE_3(name, code)                                                                                     \
    case code:                                                                                                         \
        return k == 0   ? sg_partial_##name##_0(x, y, w, z)                                                            \
               : k == 1 ? sg_partial_##name##_1(x, y, w, z)                                                            \
                        : sg_partial_##name##_2(x, y, w, z);

double sg_partial(int opcode, int k, double x, double y, double w, double z)
{
    switch (opcode) {
        SG_ROWS_1(PARTIAL_CASE_1)
        SG_ROWS_2(PARTIAL_CASE_2)
        SG_ROWS_3(PARTIAL_CASE_3)
    default:
        return NAN;
    }
}
