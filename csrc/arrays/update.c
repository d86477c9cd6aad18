/* The step of an optimiser. The parameters are a block of leaves. The state is a bytearray, with one array of doubles
 * per quantity. The kernels are in kernels.h; they go number by number, as pure/update.py does, with the same bits. */
#include "arrays/update.h"

#include "kernels/lanes.h"
#include "arrays/block.h"
#include "python/node.h"

enum { PORTION = 128 };
typedef struct {
    double p[PORTION], g[PORTION];
} portion;         /* of the parameters, with their grads */

/* The parameters: a block of leaves. 0 with an exception. */
static int read_parameters(PyObject *object, Block **block)
{
    if (!sg_read_block(object, block) || !sg_block_look(*block))
        return 0;
    for (uint32_t k = 0; k < (*block)->count; k++) {
        PyObject *item = (*block)->items ? (*block)->items[k] : NULL;
        if (!item || !sg_is_leaf(item)) {
            PyErr_SetString(PyExc_TypeError, "expected a block of leaves");
            return 0;
        }
    }
    return 1;
}

/* The state: `arrays` arrays with one double per parameter. NULL with an exception. */
static double *read_state(PyObject *object, const Block *block, size_t arrays)
{
    if (!PyObject_TypeCheck(object, &PyByteArray_Type) ||
        (size_t)PyByteArray_Size(object) != arrays * block->count * sizeof(double)) {
        PyErr_SetString(PyExc_TypeError, "expected a bytearray with one double per parameter and quantity");
        return NULL;
    }
    char *bytes = PyByteArray_AsString(object);
    if (PyByteArray_Size(object) && (uintptr_t)bytes % sizeof(double)) {      /* an empty one may be anywhere */
        PyErr_SetString(PyExc_ValueError, "the state is not aligned");
        return NULL;
    }
    return (double *)(void *)bytes;
}

/* Stores the changes of an optimiser's attributes, in one go with the move. 0 with an exception. */
static int note(PyObject *attributes, PyObject *changes)
{
    return !attributes || !changes || PyDict_Update(attributes, changes) == 0;
}

static uint32_t load_portion(const Block *block, uint32_t start, portion *c)
{
    uint32_t n = block->count - start < PORTION ? block->count - start : PORTION;
    for (uint32_t k = 0; k < n; k++) {
        const Node *leaf = (const Node *)block->items[start + k];
        c->p[k] = leaf->data;
        c->g[k] = leaf->grad;
    }
    return n;
}

static void store_portion(const Block *block, uint32_t start, uint32_t n, const portion *c)
{
    for (uint32_t k = 0; k < n; k++) {
        Node *leaf = (Node *)block->items[start + k];
        leaf->data = c->p[k];
        leaf->entry_serial = 0;              /* what was recorded keeps its number */
    }
}

/* --- stochastic gradient descent ---------------------------------------------------------------------------------- */

/* sgd_step(parameters, state, first, lr, momentum, dampening, weight_decay, nesterov, attributes={}, changes={}); the
 * state is empty without momentum. */
PyObject *sg_py_sgd_step(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *parameters, *state, *attributes = NULL, *changes = NULL;
    Block *block;
    portion c;
    sg_sgd o;
    if (!PyArg_ParseTuple(args, "OOpddddp|O!O!", &parameters, &state, &o.first, &o.lr, &o.momentum, &o.dampening,
                          &o.weight_decay, &o.nesterov, &PyDict_Type, &attributes, &PyDict_Type, &changes) ||
        !read_parameters(parameters, &block))
        return NULL;
    double *velocity = read_state(state, block, o.momentum != 0.0);
    if (!velocity || !note(attributes, changes))
        return NULL;
    for (uint32_t start = 0, n; start < block->count; start += n) {
        n = load_portion(block, start, &c);
        sg_lanes_sgd(o, n, c.p, c.g, o.momentum != 0.0 ? velocity + start : NULL);
        store_portion(block, start, n, &c);
    }
    Py_RETURN_NONE;
}

/* --- Adam --------------------------------------------------------------------------------------------------------- */

/* adam_step(parameters, state, rate, beta1, beta2, eps, weight_decay, shrink, root, attributes={}, changes={}); the
 * state holds all means, then all mean squares; see pure/update.py for the rest. */
PyObject *sg_py_adam_step(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *parameters, *state, *attributes = NULL, *changes = NULL;
    Block *block;
    portion c;
    sg_adam o;
    if (!PyArg_ParseTuple(args, "OOddddddd|O!O!", &parameters, &state, &o.rate, &o.beta1, &o.beta2, &o.eps,
                          &o.weight_decay, &o.shrink, &o.root, &PyDict_Type, &attributes, &PyDict_Type, &changes) ||
        !read_parameters(parameters, &block))
        return NULL;
    double *mean = read_state(state, block, 2);
    if (!mean || !note(attributes, changes))
        return NULL;
    for (uint32_t start = 0, n; start < block->count; start += n) {
        n = load_portion(block, start, &c);
        sg_lanes_adam(o, n, c.p, c.g, mean + start, mean + block->count + start);
        store_portion(block, start, n, &c);
    }
    Py_RETURN_NONE;
}

/* clear_grads(list or tuple of Values) */
PyObject *sg_py_clear_grads(PyObject *module, PyObject *values)
{
    (void)module;
    int is_list = PyList_Check(values);
    if (!is_list && !PyTuple_Check(values))
        return PyErr_Format(PyExc_TypeError, "expected a list or tuple of Values");
    Py_ssize_t count = is_list ? PyList_Size(values) : PyTuple_Size(values);
    for (Py_ssize_t k = 0; k < count; k++) {
        PyObject *item = is_list ? PyList_GetItem(values, k) : PyTuple_GetItem(values, k);
        if (!item)                           /* setting a grad may run Python, which may shorten the list */
            return NULL;
        if (sg_is_leaf(item)) {
            ((Node *)item)->grad = 0.0;
            continue;
        }
        PyObject *zero = PyFloat_FromDouble(0.0);
        Py_INCREF(item);
        int failed = !zero || PyObject_SetAttrString(item, "grad", zero) < 0;
        Py_DECREF(item);
        Py_XDECREF(zero);
        if (failed)
            return NULL;
    }
    Py_RETURN_NONE;
}

/* Reads a block of parameters and a number. 0 with an exception. */
static int read_limit(PyObject *args, Block **block, double *number)
{
    PyObject *parameters;
    return PyArg_ParseTuple(args, "Od", &parameters, number) && read_parameters(parameters, block);
}

/* scale_grads(parameters, factor): multiplies each grad by the factor. */
PyObject *sg_py_scale_grads(PyObject *module, PyObject *args)
{
    (void)module;
    Block *block;
    double factor;
    if (!read_limit(args, &block, &factor))
        return NULL;
    for (uint32_t k = 0; k < block->count; k++)
        ((Node *)block->items[k])->grad *= factor;
    Py_RETURN_NONE;
}

/* limit_grads(parameters, most): moves each grad into the range from -most to most. A nan stays. */
PyObject *sg_py_limit_grads(PyObject *module, PyObject *args)
{
    (void)module;
    Block *block;
    double most;
    if (!read_limit(args, &block, &most))
        return NULL;
    for (uint32_t k = 0; k < block->count; k++) {
        Node *leaf = (Node *)block->items[k];
        leaf->grad = leaf->grad > most ? most : leaf->grad < -most ? -most : leaf->grad;
    }
    Py_RETURN_NONE;
}
