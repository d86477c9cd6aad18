/* Products of matrices in any layout, by the kernel that wants numbers side by side. */
#include "bulk.h"
#include "lanes.h"

/* Copies rows together, each filled up with zeros to `width` numbers. */
static void copy(uint32_t rows, uint32_t columns, uint32_t width, sg_source from, double *to)
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

static void copy_back(uint32_t rows, uint32_t columns, uint32_t width, const double *from, sg_target to)
{
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < columns; c++)
            to.at[r * to.row + c * to.column] = from[(size_t)r * width + c];
}

int sg_multiply(uint32_t rows, uint32_t columns, uint32_t inner, sg_source a, sg_source b, sg_target c)
{
    if (columns < 8 && rows > columns) {
        sg_source a_turned = {b.at, b.column, b.row}, b_turned = {a.at, a.column, a.row};
        uint32_t swap = rows;
        rows = columns;
        columns = swap;
        a = a_turned;
        b = b_turned;
        c = (sg_target){c.at, c.column, c.row};
    }
    uint32_t width = (columns + 7) & ~7u;
    int pack_b = b.column != 1 || width != columns, pack_c = c.column != 1 || width != columns;
    size_t b_size = pack_b ? (size_t)inner * width : 0, bytes = (b_size + (pack_c ? (size_t)rows * width : 0)) * sizeof(double);
    double few[1024], *space = bytes <= sizeof few ? few : sg_block_alloc(bytes), *sums = space ? space + b_size : NULL;
    if (!space)
        return 0;
    if (pack_b) {
        copy(inner, columns, width, b, space);
        b = (sg_source){space, width, 1};
    }
    if (pack_c)
        copy(rows, columns, width, (sg_source){c.at, c.row, c.column}, sums);
    sg_lanes_product(rows, width, inner, a.at, a.row, a.column, b.at, b.row, pack_c ? sums : c.at, pack_c ? width : c.row);
    if (pack_c)
        copy_back(rows, columns, width, sums, c);
    if (space != few)
        sg_block_free(space, bytes);
    return 1;
}
