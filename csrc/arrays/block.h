/* A Block: the numbers of a Vector or Matrix in a row. Its length never changes. It has one of three forms:
 *   nodes     `count` nodes of `graph`, from `first` on: the results of an operation on arrays
 *   items     Values, and floats for constants
 *   doubles   the bytes of plain numbers: constants, or, if `leaf`, leaves that have no Python objects yet; the first
 *             look at one turns the block into items
 * The view of an array says which of them it shows: element (r, c) is number offset + r * row + c * column. */
#ifndef SG_BLOCK_H
#define SG_BLOCK_H
#include "python/api.h"
#include "tape/tape.h"

typedef struct {
    PyObject_HEAD
    sg_graph *graph;
    uint32_t first, count;
    PyObject **items;        /* `count` references, or NULL */
    PyObject *doubles;
    int leaf;
    int tracked;             /* all items are known to be Values */
} Block;

typedef struct {
    uint32_t rows, columns, offset, row, column;
} sg_layout;

/* An operand: a block, and which of its numbers. block NULL: there is no such operand. */
typedef struct {
    Block *block;
    sg_layout layout;
} sg_array;

static inline uint32_t sg_position(const sg_layout *l, uint32_t r, uint32_t c)
{
    return l->offset + r * l->row + c * l->column;
}

extern PyTypeObject *sg_block_type;
int sg_make_block_type(void);                                  /* 0 with an exception */
PyObject *sg_block_of_nodes(sg_graph *graph, uint32_t first, uint32_t count);      /* adds a reference to the graph */
PyObject *sg_block_of_doubles(PyObject *bytes, int leaf);      /* takes over the reference; returns NULL for NULL */
/* Makes the Values of leaves that have none yet. 0 with an exception. */
int sg_block_look(Block *block);
/* The number at a position; for a leaf, its current data. */
double sg_block_number(const Block *block, uint32_t k);
/* The grad at a position; 0.0 for a constant. */
double sg_block_grad(const Block *block, uint32_t k);
/* Copies the numbers of a layout, row by row. */
void sg_block_copy(const Block *block, uint32_t rows, uint32_t columns, uint32_t offset, uint32_t row, uint32_t column,
                   double *out);
/* The item at a position: a new reference to the Value, or to the float of a constant. NULL with an exception. */
PyObject *sg_block_item(Block *block, uint32_t k);
/* A block of the items at n positions. NULL with an exception. */
PyObject *sg_block_take(Block *block, const int64_t *positions, uint32_t n);
/* Reads an argument that is a block. 0 with an exception. */
int sg_read_block(PyObject *object, Block **block);

PyObject *sg_py_block(PyObject *module, PyObject *given);
PyObject *sg_py_doubles(PyObject *module, PyObject *args);
PyObject *sg_py_new_leaves(PyObject *module, PyObject *given);
PyObject *sg_py_item(PyObject *module, PyObject *const *args, Py_ssize_t n);
PyObject *sg_py_take(PyObject *module, PyObject *args);
PyObject *sg_py_leaves(PyObject *module, PyObject *values);

#endif
