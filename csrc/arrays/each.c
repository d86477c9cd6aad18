/* Operations on whole arrays, element by element: each result is what `apply` or `reduce` returns for it. */
#include "arrays/each.h"

#include "python/operators.h"

static PyObject *element(const sg_array *x, uint32_t r, uint32_t c)
{
    return sg_block_item(x->block, sg_position(&x->layout, r, c));
}

/* Takes over the results. They are incomplete if an exception is set. */
static PyObject *block_of(PyObject *results)
{
    PyObject *block = results && !PyErr_Occurred() ? sg_py_block(NULL, results) : NULL;
    Py_XDECREF(results);
    return block;
}

static PyObject *apply_to(int op, int arity, const sg_array operands[3], uint32_t r, uint32_t c)
{
    PyObject *args[4] = {PyLong_FromLong(op), NULL, NULL, NULL}, *result = NULL;
    int complete = args[0] != NULL;
    for (int k = 0; complete && k < arity; k++)
        complete = (args[1 + k] = element(&operands[k], r, c)) != NULL;
    if (complete)
        result = sg_py_apply(NULL, args, 1 + arity);
    for (int k = 0; k < 4; k++)
        Py_XDECREF(args[k]);
    return result;
}

PyObject *sg_each_element(int op, int arity, const sg_array operands[3])
{
    uint32_t rows = operands[0].layout.rows, columns = operands[0].layout.columns;
    PyObject *results = PyList_New((Py_ssize_t)rows * columns), *result;
    for (uint32_t k = 0; results && k < rows * columns; k++) {
        if (!(result = apply_to(op, arity, operands, k / columns, k % columns)))
            break;
        PyList_SetItem(results, (Py_ssize_t)k, result);
    }
    return block_of(results);
}

/* Appends an element to a list. 0 with an exception. */
static int append(PyObject *list, PyObject *item)
{
    int failed = !item || PyList_Append(list, item) < 0;
    Py_XDECREF(item);
    return !failed;
}

/* Reduces a list, which it takes over. If it is not `complete`, an exception is set. */
static PyObject *reduce_list(int op, PyObject *list, int complete)
{
    PyObject *args[2] = {complete ? PyLong_FromLong(op) : NULL, list};
    PyObject *result = args[0] ? sg_py_reduce(NULL, args, 2) : NULL;
    Py_XDECREF(args[0]);
    Py_XDECREF(list);
    return result;
}

static PyObject *sum_of_products(const sg_array operands[3], uint32_t r, uint32_t c)
{
    PyObject *pairs = PyList_New(0);
    int complete = pairs != NULL;
    if (complete && operands[2].block)
        complete = append(pairs, PyFloat_FromDouble(1.0)) && append(pairs, element(&operands[2], 0, c));
    for (uint32_t t = 0; complete && t < operands[0].layout.columns; t++)
        complete = append(pairs, element(&operands[0], r, t)) && append(pairs, element(&operands[1], t, c));
    return reduce_list(SG_DOT, pairs, complete);
}

PyObject *sg_each_product(const sg_array operands[3])
{
    uint32_t rows = operands[0].layout.rows, inner = operands[0].layout.columns, columns = operands[1].layout.columns;
    PyObject *result, *results;
    if (!inner && !operands[2].block) {
        PyObject *zeros = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)((size_t)rows * columns * sizeof(double)));
        if (zeros)
            memset(PyBytes_AsString(zeros), 0, (size_t)PyBytes_Size(zeros));
        return sg_block_of_doubles(zeros, 1);
    }
    results = PyList_New((Py_ssize_t)rows * columns);
    for (uint32_t k = 0; results && k < rows * columns; k++) {
        if (!(result = sum_of_products(operands, k / columns, k % columns)))
            break;
        PyList_SetItem(results, (Py_ssize_t)k, result);
    }
    return block_of(results);
}

PyObject *sg_each_row(int op, const sg_array *rows, const sg_array *shifts)
{
    PyObject *results = PyList_New((Py_ssize_t)rows->layout.rows), *result;
    for (uint32_t r = 0; results && r < rows->layout.rows; r++) {
        PyObject *items = PyList_New(0);
        int complete = items && (!shifts->block || append(items, element(shifts, r, 0)));
        for (uint32_t c = 0; complete && c < rows->layout.columns; c++)
            complete = append(items, element(rows, r, c));
        if (!(result = reduce_list(op, items, complete)))
            break;
        PyList_SetItem(results, (Py_ssize_t)r, result);
    }
    return block_of(results);
}
