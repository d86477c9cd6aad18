/* The type Block: storage of arrays, and the functions with which Python makes and reads blocks. */
#include "arrays/block.h"

#include <string.h>

#include "python/node.h"
#include "python/upcalls.h"
#include "tape/memory.h"

PyTypeObject *sg_block_type;

static Block *new_block(void)
{
    Block *block = PyObject_New(Block, sg_block_type);
    if (block)
        memset((char *)block + offsetof(Block, graph), 0, sizeof *block - offsetof(Block, graph));
    return block;
}

PyObject *sg_block_of_nodes(sg_graph *graph, uint32_t first, uint32_t count)
{
    Block *block = new_block();
    if (block) {
        block->graph = graph;
        block->first = first;
        block->count = count;
        graph->references++;
    }
    return (PyObject *)block;
}

PyObject *sg_block_of_doubles(PyObject *bytes, int leaf)
{
    if (bytes && (size_t)PyBytes_Size(bytes) / sizeof(double) >= SG_CONST) {
        Py_DECREF(bytes);
        return sg_no_memory();
    }
    Block *block = bytes ? new_block() : NULL;
    if (!block) {
        Py_XDECREF(bytes);
        return NULL;
    }
    block->doubles = bytes;
    block->count = (uint32_t)((size_t)PyBytes_Size(bytes) / sizeof(double));
    block->leaf = leaf;
    return (PyObject *)block;
}

static void drop_items(PyObject **items, uint32_t count)
{
    for (uint32_t k = 0; items && k < count; k++)
        Py_XDECREF(items[k]);
    sg_free(items);
}

/* Makes room for items; all are NULL. NULL with an exception. */
static PyObject **new_items(uint32_t count)
{
    PyObject **items = sg_alloc_zero(count * sizeof *items);
    if (!items)
        sg_no_memory();
    return items;
}

/* Takes over the items. NULL if they are not `complete`: an exception is set already. */
static PyObject *block_of_items(PyObject **items, uint32_t count, int complete)
{
    Block *block = items && complete ? new_block() : NULL;
    if (!block) {
        drop_items(items, count);
        return NULL;
    }
    block->items = items;
    block->count = count;
    return (PyObject *)block;
}

static void block_dealloc(PyObject *self)
{
    Block *block = (Block *)self;
    PyTypeObject *type = Py_TYPE(self);
    drop_items(block->items, block->count);
    Py_XDECREF(block->doubles);
    if (block->graph)
        sg_release(block->graph);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static Py_ssize_t block_length(PyObject *self)
{
    return ((Block *)self)->count;
}

static const double *doubles_of(const Block *block)
{
    return (const double *)(const void *)PyBytes_AsString(block->doubles);
}

int sg_block_look(Block *block)
{
    if (!block->leaf)
        return 1;
    PyObject **items = new_items(block->count);
    if (!items)
        return 0;
    for (uint32_t k = 0; k < block->count; k++)
        if (!(items[k] = sg_new_leaf(doubles_of(block)[k]))) {
            drop_items(items, block->count);
            return 0;
        }
    block->items = items;
    Py_CLEAR(block->doubles);
    block->leaf = 0;
    return 1;
}

double sg_block_number(const Block *block, uint32_t k)
{
    if (block->graph)
        return block->graph->val[block->first + k];
    if (block->doubles)
        return doubles_of(block)[k];
    PyObject *item = block->items[k];
    return sg_is_node(item) ? ((Node *)item)->data : PyFloat_AsDouble(item);
}

void sg_block_copy(const Block *block, uint32_t rows, uint32_t columns, uint32_t offset, uint32_t row, uint32_t column,
                   double *out)
{
    const double *numbers = block->graph ? block->graph->val + block->first : block->doubles ? doubles_of(block) : NULL;
    for (uint32_t r = 0; r < rows; r++, out += columns) {
        uint32_t at = offset + r * row;
        if (numbers && column == 1)
            memcpy(out, numbers + at, columns * sizeof *out);
        else
            for (uint32_t c = 0; c < columns; c++)
                out[c] = numbers ? numbers[at + c * column] : sg_block_number(block, at + c * column);
    }
}

double sg_block_grad(const Block *block, uint32_t k)
{
    if (block->graph)
        return sg_adjoint(block->graph, block->first + k);
    PyObject *item = block->items ? block->items[k] : NULL;
    if (!item || !sg_is_node(item))
        return 0.0;
    const Node *node = (const Node *)item;
    return sg_graph_of(node) ? sg_adjoint(node->graph, sg_index_of(node)) : node->grad;
}

PyObject *sg_block_item(Block *block, uint32_t k)
{
    if (block->graph)
        return sg_new_interior(block->graph, block->first + k);
    if (block->leaf && !sg_block_look(block))
        return NULL;
    if (block->doubles)
        return PyFloat_FromDouble(doubles_of(block)[k]);
    Py_INCREF(block->items[k]);
    return block->items[k];
}

/* --- for Python --------------------------------------------------------------------------------------------------- */

int sg_read_block(PyObject *object, Block **block)
{
    *block = (Block *)object;
    if (Py_TYPE(object) == sg_block_type)
        return 1;
    PyErr_SetString(PyExc_TypeError, "expected a Block");
    return 0;
}

/* An item for a block: the Value, or the float of a number. NULL with an exception. */
static PyObject *kept_item(PyObject *item)
{
    double number;
    if (sg_is_node(item)) {
        Py_INCREF(item);
        return item;
    }
    int read = sg_read_number(item, &number);
    if (read == 0)
        sg_refuse(item);
    return read == 1 ? PyFloat_FromDouble(number) : NULL;
}

/* block(items) -> a block of Values, and of numbers, which are constants. */
PyObject *sg_py_block(PyObject *module, PyObject *given)
{
    (void)module;
    PyObject *tuple = PySequence_Tuple(given);        /* reading a number may run Python code */
    if (tuple && PyTuple_Size(tuple) >= (Py_ssize_t)SG_CONST) {
        Py_DECREF(tuple);
        return sg_no_memory();
    }
    uint32_t n = tuple ? (uint32_t)PyTuple_Size(tuple) : 0, k = 0, nodes = 0;
    PyObject **items = tuple ? new_items(n) : NULL;
    for (; items && k < n; k++) {
        if (!(items[k] = kept_item(PyTuple_GetItem(tuple, k))))
            break;
        nodes += sg_is_node(items[k]);
    }
    Py_XDECREF(tuple);
    if (!items || k < n || nodes)
        return block_of_items(items, n, k == n);
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(n * sizeof(double)));
    for (k = 0; bytes && k < n; k++)
        ((double *)(void *)PyBytes_AsString(bytes))[k] = PyFloat_AsDouble(items[k]);
    drop_items(items, n);
    return sg_block_of_doubles(bytes, 0);
}

/* doubles(bytes, leaf) -> a block of plain numbers: leaves if `leaf`, else constants. */
PyObject *sg_py_doubles(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *bytes;
    int leaf;
    if (!PyArg_ParseTuple(args, "O!i", &PyBytes_Type, &bytes, &leaf))
        return NULL;
    Py_INCREF(bytes);
    return sg_block_of_doubles(bytes, leaf);
}

/* new_leaves(list of floats and Values) -> a pair: a block of new leaves with their numbers, and a list of them. */
PyObject *sg_py_new_leaves(PyObject *module, PyObject *given)
{
    (void)module;
    Py_ssize_t n = PyList_Check(given) ? PyList_Size(given) : -1, k = 0;
    if (n < 0 || n >= (Py_ssize_t)SG_CONST)
        return n < 0 ? PyErr_Format(PyExc_TypeError, "new_leaves(list of floats and Values)") : sg_no_memory();
    PyObject **items = new_items((uint32_t)n), *list = items ? PyList_New(n) : NULL;
    for (; list && k < n; k++) {
        PyObject *item = PyList_GetItem(given, k);       /* NULL if a finaliser has shortened the list */
        if (item && !sg_is_node(item) && !PyFloat_CheckExact(item))
            item = PyErr_Format(PyExc_TypeError, "new_leaves(list of floats and Values)");
        if (!item || !(items[k] = sg_new_leaf(sg_is_node(item) ? ((Node *)item)->data : PyFloat_AsDouble(item))))
            break;
        Py_INCREF(items[k]);
        PyList_SetItem(list, k, items[k]);
    }
    PyObject *block = block_of_items(items, (uint32_t)n, list && k == n);
    if (block)
        return Py_BuildValue("NN", block, list);
    Py_XDECREF(list);
    return NULL;
}

/* item(block, k): the Value there, or the float of a constant. */
PyObject *sg_py_item(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    Block *block;
    if (n != 2 || !sg_read_block(args[0], &block))
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "item(block, k)");
    long k = PyLong_AsLong(args[1]);
    if (k < 0 || k >= (long)block->count)
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_IndexError, "there is no number %ld in the block", k);
    return sg_block_item(block, (uint32_t)k);
}

PyObject *sg_block_take(Block *block, const int64_t *positions, uint32_t n)
{
    PyObject **items = new_items(n);
    uint32_t k = 0;
    for (; items && k < n; k++) {
        items[k] = positions[k] >= 0 && positions[k] < (int64_t)block->count
                       ? sg_block_item(block, (uint32_t)positions[k])
                       : PyErr_Format(PyExc_IndexError, "there is no such number in the block");
        if (!items[k])
            break;
    }
    return block_of_items(items, n, k == n);
}

/* take(block, bytes of positions, 8 each) -> a block of the items there. */
PyObject *sg_py_take(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *object;
    const char *bytes;
    Py_ssize_t size;
    Block *block;
    if (!PyArg_ParseTuple(args, "Oy#", &object, &bytes, &size) || !sg_read_block(object, &block))
        return NULL;
    return size / 8 < (Py_ssize_t)SG_CONST
               ? sg_block_take(block, (const int64_t *)(const void *)bytes, (uint32_t)(size / 8))
               : sg_no_memory();
}

/* The `entry_serial` of a leaf that leaves() has met, while it runs. */
#define SG_MET (UINT64_MAX - 1)

/* leaves(values) -> a pair: a block of the different leaves among the values, in order; and the position of the first
 * value that is no leaf, or -1. */
PyObject *sg_py_leaves(PyObject *module, PyObject *values)
{
    (void)module;
    PyObject *tuple = PySequence_Tuple(values);
    if (tuple && PyTuple_Size(tuple) >= (Py_ssize_t)SG_CONST) {
        Py_DECREF(tuple);
        return sg_no_memory();
    }
    uint32_t n = tuple ? (uint32_t)PyTuple_Size(tuple) : 0, count = 0;
    long long other = -1;
    PyObject **items = tuple ? new_items(n) : NULL;
    uint64_t *serials = items ? sg_alloc((n + (size_t)1) * sizeof *serials) : NULL;
    if (items && !serials)
        sg_no_memory();
    for (uint32_t k = 0; serials && k < n; k++) {
        PyObject *item = PyTuple_GetItem(tuple, k);
        Node *leaf = (Node *)item;
        if (!sg_is_leaf(item)) {
            other = other < 0 ? k : other;
        } else if (leaf->entry_serial != SG_MET) {
            serials[count] = leaf->entry_serial;
            leaf->entry_serial = SG_MET;
            Py_INCREF(item);
            items[count++] = item;
        }
    }
    for (uint32_t k = 0; k < count; k++)
        ((Node *)items[k])->entry_serial = serials[k];
    Py_XDECREF(tuple);
    PyObject *block = block_of_items(items, count, serials != NULL);
    sg_free(serials);
    return block ? Py_BuildValue("NL", block, other) : NULL;
}

int sg_make_block_type(void)
{
    PyType_Slot slots[] = {
        {Py_tp_doc, "The numbers of an array in a row."},
        {Py_tp_dealloc, block_dealloc},
        {Py_sq_length, block_length},
        {0, NULL},
    };
    PyType_Spec spec = {"scalargrad._node.Block", sizeof(Block), 0, Py_TPFLAGS_DEFAULT, slots};
    sg_block_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return sg_block_type != NULL;
}
