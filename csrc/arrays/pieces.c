/* Pieces of graphs: blocks of leaves, and roots, from Python; the record, to Python. */
#include "arrays/pieces.h"

#include "arrays/block.h"
#include "python/node.h"
#include "records/sketch.h"
#include "tape/memory.h"
#include "tape/pieces.h"

/* moment() -> the present, in the order in which graphs are closed. */
PyObject *sg_py_moment(PyObject *module, PyObject *none)
{
    (void)module;
    (void)none;
    return PyLong_FromUnsignedLongLong(sg_moment());
}

typedef struct {
    void **leaves;
    uint32_t count;
} planted_leaves;

/* The first node of a graph that may be an entry of a planted leaf. */
static uint32_t first_entry(const void *context, const sg_graph *graph)
{
    const planted_leaves *planted = context;
    uint32_t first = UINT32_MAX;
    for (uint32_t k = 0; k < planted->count && first; k++) {
        const Node *leaf = planted->leaves[k];
        if (leaf->entry_serial == graph->serial)
            first = leaf->entry < first ? leaf->entry : first;
        else if (leaf->index >= ((uint32_t)graph->serial & ~SG_INTERIOR))
            first = 0;                       /* its data was set, or it has entered a later graph since */
    }
    return first;
}

/* The leaves in some blocks, which get Values if they have none. leaves NULL with an exception. */
static planted_leaves read_planted(PyObject *blocks)
{
    planted_leaves planted = {NULL, 0};
    uint64_t count = 0;
    for (Py_ssize_t k = 0; k < PyList_Size(blocks); k++) {
        Block *block;
        if (!sg_read_block(PyList_GetItem(blocks, k), &block) || !sg_block_look(block))
            return planted;
        count += block->count;
    }
    if (count >= SG_CONST || !(planted.leaves = sg_alloc(count * sizeof *planted.leaves))) {
        sg_no_memory();
        return planted;
    }
    for (Py_ssize_t k = 0; k < PyList_Size(blocks); k++) {
        const Block *block = (Block *)PyList_GetItem(blocks, k);
        for (uint32_t j = 0; j < block->count; j++) {
            if (!block->items || !sg_is_leaf(block->items[j])) {
                PyErr_SetString(PyExc_TypeError, "expected blocks of leaves");
                sg_free(planted.leaves);
                return (planted_leaves){NULL, 0};
            }
            planted.leaves[planted.count++] = block->items[j];
        }
    }
    return planted;
}

/* The roots in a list. NULL with an exception. */
static sg_end *read_roots(PyObject *list)
{
    uint32_t count = (uint32_t)PyList_Size(list);
    sg_end *roots = sg_alloc(count * sizeof *roots);
    if (!roots)
        sg_no_memory();
    for (uint32_t k = 0; roots && k < count; k++) {
        PyObject *object = PyList_GetItem(list, (Py_ssize_t)k);
        const Node *node = sg_is_node(object) ? (Node *)object : NULL;
        if (!node && !PyFloat_Check(object) && !PyLong_Check(object))
            PyErr_SetString(PyExc_TypeError, "a root is a Value or a float");
        else if (!node)
            roots[k] = (sg_end){NULL, NULL, 0, PyFloat_AsDouble(object)};
        else if (sg_graph_of(node))
            roots[k] = (sg_end){node->graph, NULL, sg_index_of(node), node->data};
        else
            roots[k] = (sg_end){NULL, object, 0, node->data};
        if (PyErr_Occurred()) {
            sg_free(roots);
            return NULL;
        }
    }
    return roots;
}

/* All leaves of a piece: the planted ones, then the others. NULL with an exception. */
static PyObject *list_leaves(const planted_leaves *planted, const sg_piece *piece)
{
    PyObject *list = PyList_New((Py_ssize_t)planted->count + piece->beside_count);
    for (uint32_t k = 0; list && k < planted->count; k++) {
        Py_INCREF((PyObject *)planted->leaves[k]);
        PyList_SetItem(list, (Py_ssize_t)k, planted->leaves[k]);
    }
    for (uint32_t k = 0; list && k < piece->beside_count; k++) {
        sg_beside beside = piece->beside[k];
        PyObject *leaf = beside.graph ? sg_new_interior(beside.graph, beside.index) : beside.leaf;
        if (!leaf) {
            Py_CLEAR(list);
            break;
        }
        if (!beside.graph)
            Py_INCREF(leaf);
        PyList_SetItem(list, (Py_ssize_t)(planted->count + k), leaf);
    }
    return list;
}

static PyObject *part(const void *items, uint64_t count, size_t size)
{
    return PyBytes_FromStringAndSize(items, (Py_ssize_t)(count * size));
}

static PyObject *parts_of_piece(const sg_piece *piece, PyObject *leaves)
{
    const sg_record *r = &piece->record;
    if (!leaves)
        return NULL;
    return Py_BuildValue("NNNNNNN", part(r->ops, r->count, 1), part(r->codes, r->code_count, 8),
                         part(r->values, r->count, 8), part(NULL, 0, 8), part(r->consts, r->const_count, 8),
                         part(r->roots, r->root_count, 8), leaves);
}

/* What extract() and sketch() are given. */
typedef struct {
    planted_leaves planted;
    sg_end *roots;
    uint32_t root_count;
    uint64_t since;
} piece_arguments;

static void end_arguments(piece_arguments *a)
{
    sg_free(a->roots);
    sg_free(a->planted.leaves);
}

/* 0 with an exception, and nothing to end. */
static int read_arguments(PyObject *args, piece_arguments *a)
{
    PyObject *root_list, *blocks;
    unsigned long long since;
    if (!PyArg_ParseTuple(args, "O!O!K", &PyList_Type, &root_list, &PyList_Type, &blocks, &since))
        return 0;
    if (PyList_Size(root_list) >= (Py_ssize_t)SG_CONST) {
        sg_no_memory();
        return 0;
    }
    *a = (piece_arguments){read_planted(blocks), NULL, (uint32_t)PyList_Size(root_list), since};
    if (a->planted.leaves && (a->roots = read_roots(root_list)))
        return 1;
    end_arguments(a);
    return 0;
}

/* extract(roots, blocks, since) -> the parts of a record; see pure/pieces.py. */
PyObject *sg_py_extract(PyObject *module, PyObject *args)
{
    (void)module;
    piece_arguments a;
    PyObject *result = NULL;
    sg_piece piece;
    if (!read_arguments(args, &a))
        return NULL;
    sg_planting planting = {a.planted.leaves, a.planted.count, a.since, first_entry, &a.planted};
    if (sg_extract(&planting, a.roots, a.root_count, &piece)) {
        result = parts_of_piece(&piece, list_leaves(&a.planted, &piece));
        sg_piece_free(&piece);
    } else {
        sg_no_memory();
    }
    end_arguments(&a);
    return result;
}

/* sketch(roots, blocks, since) -> the piece's sketch and the numbers of its leaves, as bytes; None, if it has none. */
PyObject *sg_py_sketch(PyObject *module, PyObject *args)
{
    (void)module;
    piece_arguments a;
    sg_sketch sketch;
    if (!read_arguments(args, &a))
        return NULL;
    sg_planting planting = {a.planted.leaves, a.planted.count, a.since, first_entry, &a.planted};
    PyObject *numbers = part(NULL, a.planted.count, sizeof(double)), *result = NULL;
    if (numbers) {
        double *leaves = (double *)(void *)PyBytes_AsString(numbers);
        for (uint32_t k = 0; k < a.planted.count; k++)
            leaves[k] = ((const Node *)a.planted.leaves[k])->data;
        int done = sg_sketch_piece(&planting, a.roots, a.root_count, leaves, &sketch);
        if (done == 1)
            result = Py_BuildValue("NO", part(sketch.words, sketch.count, sizeof *sketch.words), numbers);
        else if (done == 0)
            sg_no_memory();
        else
            Py_INCREF(result = Py_None);
        sg_sketch_free(&sketch);
    }
    Py_XDECREF(numbers);
    end_arguments(&a);
    return result;
}
