/* The type View, and the functions with which Python reads and writes numbers through one. */
#include "arrays/view.h"

#include "python/node.h"
#include "tape/memory.h"

PyTypeObject *sg_view_type;

typedef struct {
    PyObject_HEAD
    sg_array array;                      /* holds a reference to the block */
} View;

static PyObject *new_view(Block *block, sg_layout layout)
{
    View *view = PyObject_New(View, sg_view_type);
    if (view) {
        Py_INCREF(block);
        view->array = (sg_array){block, layout};
    }
    return (PyObject *)view;
}

PyObject *sg_view_of(PyObject *block, uint32_t rows, uint32_t columns)
{
    PyObject *view = block ? new_view((Block *)block, (sg_layout){rows, columns, 0, columns, 1}) : NULL;
    Py_XDECREF(block);
    return view;
}

int sg_read_view(PyObject *object, sg_array *array)
{
    if (Py_TYPE(object) != sg_view_type) {
        PyErr_SetString(PyExc_TypeError, "expected a View");
        return 0;
    }
    *array = ((View *)object)->array;
    return 1;
}

/* --- the type ---------------------------------------------------------------------------------------- */

static PyObject *checked_view(PyObject *object, long long offset, long long row, long long column, long long rows,
                              long long columns)
{
    Block *block;
    if (!sg_read_block(object, &block))
        return NULL;
    int sizes = rows >= 0 && rows < INT32_MAX && columns >= 0 && columns < INT32_MAX && rows * columns < SG_CONST;
    int strides = row >= 0 && row <= UINT32_MAX && column >= 0 && column <= UINT32_MAX;
    if (sizes && strides && offset >= 0 && offset <= UINT32_MAX &&
        (!rows || !columns || (!row && !column && offset < block->count) ||
         (offset < block->count && (!row || rows - 1 <= (block->count - 1 - offset) / row) &&
          (!column || columns - 1 <= (block->count - 1 - offset) / column) &&
          offset + (rows - 1) * row + (columns - 1) * column < block->count)))
        return new_view(
            block, (sg_layout){(uint32_t)rows, (uint32_t)columns, (uint32_t)offset, (uint32_t)row, (uint32_t)column});
    return PyErr_Format(PyExc_IndexError, "the view reaches beyond its block");
}

/* View(block, offset, row, column, rows, columns) */
static PyObject *view_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)type;
    PyObject *block;
    long long offset, row, column, rows, columns;
    if (kwargs && PyDict_Size(kwargs))
        return PyErr_Format(PyExc_TypeError, "a View takes its parts by position");
    if (!PyArg_ParseTuple(args, "OLLLLL", &block, &offset, &row, &column, &rows, &columns))
        return NULL;
    return checked_view(block, offset, row, column, rows, columns);
}

/* whole(block, rows, columns) -> a view of a whole block, row by row. */
PyObject *sg_py_whole(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    if (n != 3)
        return PyErr_Format(PyExc_TypeError, "whole(block, rows, columns)");
    long long rows = PyLong_AsLongLong(args[1]), columns = rows < 0 ? -1 : PyLong_AsLongLong(args[2]);
    return PyErr_Occurred() ? NULL : checked_view(args[0], 0, columns, 1, rows, columns);
}

static void view_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF(((View *)self)->array.block);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyObject *transpose(PyObject *self, void *closure)
{
    (void)closure;
    const sg_array *x = &((View *)self)->array;
    const sg_layout *l = &x->layout;
    return new_view(x->block, (sg_layout){l->columns, l->rows, l->offset, l->column, l->row});
}

#define MEMBER(type, name, field) {name, type, offsetof(View, array) + offsetof(sg_array, field), READONLY, NULL}
static PyMemberDef view_members[] = {
    MEMBER(T_OBJECT_EX, "block", block),
    MEMBER(T_UINT, "offset", layout.offset),
    MEMBER(T_UINT, "row", layout.row),
    MEMBER(T_UINT, "column", layout.column),
    MEMBER(T_UINT, "rows", layout.rows),
    MEMBER(T_UINT, "columns", layout.columns),
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef view_properties[] = {
    {"T", transpose, NULL, "The transpose.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

int sg_make_view_type(void)
{
    PyType_Slot slots[] = {
        {Py_tp_doc, "Which numbers of a block an array shows: View(block, offset, row, column, rows, columns)."},
        {Py_tp_new, view_new},
        {Py_tp_dealloc, view_dealloc},
        {Py_tp_members, view_members},
        {Py_tp_getset, view_properties},
        {0, NULL},
    };
    PyType_Spec spec = {"scalargrad._node.View", sizeof(View), 0, Py_TPFLAGS_DEFAULT, slots};
    sg_view_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return sg_view_type != NULL;
}

/* --- numbers ------------------------------------------------------------------------------------------- */

typedef double (*reader)(const Block *, uint32_t);

static PyObject *read_all(PyObject *view, reader read)
{
    sg_array x;
    if (!sg_read_view(view, &x))
        return NULL;
    const sg_layout *l = &x.layout;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)((size_t)l->rows * l->columns * sizeof(double)));
    double *out = bytes ? (double *)(void *)PyBytes_AsString(bytes) : NULL;
    for (uint32_t r = 0; bytes && r < l->rows; r++)
        for (uint32_t c = 0; c < l->columns; c++)
            *out++ = read(x.block, sg_position(l, r, c));
    return bytes;
}

/* numbers(view) -> the bytes of the data, row by row. grads(view) -> the bytes of the grads; None for a view of a block
 * of constants, which have none. */
PyObject *sg_py_numbers(PyObject *module, PyObject *view)
{
    (void)module;
    return read_all(view, sg_block_number);
}

PyObject *sg_py_grads(PyObject *module, PyObject *view)
{
    (void)module;
    sg_array x;
    if (!sg_read_view(view, &x))
        return NULL;
    if (x.block->count && x.block->doubles && !x.block->leaf) {
        Py_INCREF(Py_None);
        return Py_None;
    }
    return read_all(view, sg_block_grad);
}

/* items(view) -> the elements, row by row, in a list: Values, and floats for constants. */
PyObject *sg_py_items(PyObject *module, PyObject *view)
{
    (void)module;
    sg_array x;
    if (!sg_read_view(view, &x))
        return NULL;
    const sg_layout *l = &x.layout;
    PyObject *list = PyList_New((Py_ssize_t)((size_t)l->rows * l->columns));
    for (uint32_t r = 0; list && r < l->rows; r++)
        for (uint32_t c = 0; list && c < l->columns; c++) {
            PyObject *item = sg_block_item(x.block, sg_position(l, r, c));
            if (!item || PyList_SetItem(list, (Py_ssize_t)((size_t)r * l->columns + c), item) < 0)
                Py_CLEAR(list);
        }
    return list;
}

/* rows_at(view, list of rows) -> a view of the items of these rows, in a block of their own. */
PyObject *sg_py_rows_at(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    sg_array x;
    if (n != 2 || !PyList_Check(args[1]))
        return PyErr_Format(PyExc_TypeError, "rows_at(view, list of rows)");
    if (!sg_read_view(args[0], &x))
        return NULL;
    const sg_layout *l = &x.layout;
    uint64_t rows = (uint64_t)PyList_Size(args[1]), count = rows * l->columns;
    int64_t *positions = count < SG_CONST ? sg_alloc((size_t)count * sizeof *positions) : NULL, *at = positions;
    if (!positions)
        return sg_no_memory();
    int fits = 1;
    for (uint64_t r = 0; fits && r < rows; r++) {
        long row = PyLong_AsLong(PyList_GetItem(args[1], (Py_ssize_t)r));
        fits = row >= 0 && row < (long)l->rows;
        for (uint32_t c = 0; fits && c < l->columns; c++)
            *at++ = sg_position(l, (uint32_t)row, c);
    }
    PyObject *block = fits ? sg_block_take(x.block, positions, (uint32_t)count)
                           : PyErr_Format(PyExc_IndexError, "the view has no such row");
    sg_free(positions);
    return sg_view_of(block, (uint32_t)rows, l->columns);
}

/* Runs through an iterator, for its effects. 0 with an exception. */
static int exhaust(PyObject *iterator)
{
    for (PyObject *item; (item = PyIter_Next(iterator));)
        Py_DECREF(item);
    return !PyErr_Occurred();
}

/* set_leaves(view, bytes, which, also=()) -> None; sets the data (0) or grad (1) of leaves, after it has run through
 * the iterator `also`. If an element is not a leaf, it changes nothing and returns that element. */
PyObject *sg_py_set_leaves(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    sg_array x;
    if (n != 3 && n != 4)
        return PyErr_Format(PyExc_TypeError, "set_leaves(view, bytes, which)");
    if (!sg_read_view(args[0], &x))
        return NULL;
    const sg_layout *l = &x.layout;
    if (!PyBytes_Check(args[1]) || (size_t)PyBytes_Size(args[1]) != (size_t)l->rows * l->columns * sizeof(double))
        return PyErr_Format(PyExc_TypeError, "expected the bytes of as many numbers as the view has");
    const double *in = (const double *)(const void *)PyBytes_AsString(args[1]);
    long which = PyLong_AsLong(args[2]);
    if (PyErr_Occurred() || !sg_block_look(x.block))
        return NULL;
    for (int write = 0; write < 2; write++) {
        if (write && n == 4 && !exhaust(args[3]))
            return NULL;
        for (uint32_t r = 0; r < l->rows; r++)
            for (uint32_t c = 0; c < l->columns; c++) {
                uint32_t k = sg_position(l, r, c);
                PyObject *item = x.block->items ? x.block->items[k] : NULL;
                Node *node = item && sg_is_leaf(item) ? (Node *)item : NULL;
                if (!node)
                    return sg_block_item(x.block, k);
                if (write && which) {
                    node->grad = in[(size_t)r * l->columns + c];
                } else if (write) {
                    node->data = in[(size_t)r * l->columns + c];
                    node->entry_serial = 0;
                }
            }
    }
    Py_RETURN_NONE;
}
