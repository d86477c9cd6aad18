/* Products of matrices in any layout. The kernel needs numbers that are side by side. */
#include "kernels/multiply.h"

#include <string.h>

#include "kernels/lanes.h"
#include "tape/memory.h"

/* Copies rows one after the other, each padded with zeros to `width` numbers. */
static void pack(uint32_t rows, uint32_t columns, uint32_t width, sg_source from, double *to)
{
    for (uint32_t r = 0; r < rows; r++, to += width) {
        const double *at = from.at + r * from.row;
        if (from.column == 1)
            memcpy(to, at, columns * sizeof *to);
        else
            for (uint32_t c = 0; c < columns; c++)
                to[c] = at[c * from.column];
        for (uint32_t c = columns; c < width; c++)
            to[c] = 0.0;
    }
}

static void unpack(uint32_t rows, uint32_t columns, uint32_t width, const double *from, sg_target to)
{
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < columns; c++)
            to.at[r * to.row + c * to.column] = from[(size_t)r * width + c];
}

int sg_multiply(uint32_t rows, uint32_t columns, uint32_t inner, sg_source a, sg_source b, sg_target c)
{
    if (columns < 8 && rows > columns) {
        sg_source a_turned = {b.at, b.column, b.row}, b_turned = {a.at, a.column, a.row};
        uint32_t turned = rows;
        rows = columns;
        columns = turned;
        a = a_turned;
        b = b_turned;
        c = (sg_target){c.at, c.column, c.row};
    }
    uint32_t width = (columns + 7) & ~7u;
    int pack_b = b.column != 1 || width != columns, pack_c = c.column != 1 || width != columns;
    size_t b_size = pack_b ? (size_t)inner * width : 0, c_size = pack_c ? (size_t)rows * width : 0;
    size_t bytes = (b_size + c_size) * sizeof(double);
    double few[1024], *space = bytes <= sizeof few ? few : sg_large_alloc(bytes), *sums = space ? space + b_size : NULL;
    if (!space)
        return 0;
    if (pack_b) {
        pack(inner, columns, width, b, space);
        b = (sg_source){space, width, 1};
    }
    if (pack_c)
        pack(rows, columns, width, (sg_source){c.at, c.row, c.column}, sums);
    sg_lanes_product(rows, width, inner, a.at, a.row, a.column, b.at, b.row, pack_c ? sums : c.at,
                     pack_c ? (ptrdiff_t)width : (ptrdiff_t)c.row);
    if (pack_c)
        unpack(rows, columns, width, sums, c);
    if (bytes > sizeof few)
        sg_large_free(space, bytes);
    return 1;
}
