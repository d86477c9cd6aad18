/* Recording: an operation computes its value and appends one node to the thread's open graph. */
#include "node.h"
#include "reduce.h"
#include "scalargrad.h"

typedef struct {
    Node *node;              /* NULL: a constant */
    double value;
} operand;

/* Reads an operand; a node's value is captured later, when no conversion can run Python code any more. 1: read; 0: not
 * a number of ours; -1: raised. */
static inline int read_operand(PyObject *object, operand *out)
{
    if (sg_is_node(object)) {
        out->node = (Node *)object;
        return 1;
    }
    out->node = NULL;
    if (PyFloat_CheckExact(object)) {
        out->value = PyFloat_AsDouble(object);
        return 1;
    }
    return sg_read_number(object, &out->value);
}

static inline double capture(operand *o)
{
    if (o->node)
        o->value = o->node->data;
    return o->value;
}

void sg_drop_unused(sg_graph *open)
{
    if (open && open->references == 0) {
        open->references = 1;
        sg_release(open);
    }
}

/* Whether a large open graph is to be closed before an operation, which `uses` one of its nodes or does not. A graph that
 * rolls over in the middle of an expression stays alive by the link from the next one, which rolls over in the middle of
 * another: a loop of evaluations would keep them all. So it rolls over where an operation uses none of its nodes, and as
 * few handles are left as ever. */
static int rolls_over(sg_graph *open, int uses)
{
    if (open->count < SG_GRAPH_NODES)
        return 0;
    if (uses)
        return open->count >= SG_GRAPH_MOST;
    if (open->count < SG_GRAPH_WATCHED && open->references < open->quiet)
        open->quiet = open->references;
    return open->count >= SG_GRAPH_MOST || (open->count >= SG_GRAPH_WATCHED && open->references <= open->quiet);
}

sg_graph *sg_open_graph(sg_thread *thread, int uses, uint32_t need)
{
    if (thread->open && rolls_over(thread->open, uses))
        sg_close(thread->open);
    if (!thread->open && sg_open(&thread->open))
        thread->open->references = 0;
    if (thread->open && sg_reserve(thread->open, need))
        return thread->open;
    sg_drop_unused(thread->open);
    PyErr_NoMemory();
    return NULL;
}

static sg_graph *make_room(sg_thread *thread, int n, const operand *operands)
{
    int uses = 0;
    for (int k = 0; k < n && !uses; k++)
        uses = operands[k].node && operands[k].node->graph && operands[k].node->graph == thread->open;
    return sg_open_graph(thread, uses, (uint32_t)n + 1);
}

uint32_t sg_enter(sg_graph *open, Node *node)
{
    uint32_t entry;
    if (!node->graph) {
        entry = sg_enter_leaf(open, node, node->data);
        if (entry != SG_FAILED)
            sg_note_leaf(open, node);
    } else {
        sg_close(node->graph);        /* another thread may be recording into it: it opens a new one */
        entry = sg_enter_link(open, node->graph, node->index, node->data);
    }
    if (entry != SG_FAILED) {
        node->entry_serial = open->serial;
        node->entry = entry;
    }
    return entry;
}

static inline uint32_t resolve(sg_graph *open, const operand *o)
{
    if (!o->node)
        return sg_constant(open, o->value);
    return o->node->entry_serial == open->serial ? o->node->entry : sg_enter(open, o->node);
}

/* Writes the operands into the node's fields, or into args[] and their place into the fields. 0: no memory. */
static inline int place(sg_graph *open, int n, const operand *operands, int in_args, uint32_t fields[2])
{
    uint32_t offset = 0;
    if (in_args && (offset = sg_arguments(open, (uint32_t)n)) == SG_FAILED)
        return 0;
    for (int k = 0; k < n; k++) {
        uint32_t resolved = resolve(open, &operands[k]);
        if (resolved == SG_FAILED)
            return 0;
        *(in_args ? &open->args[offset + (uint32_t)k] : &fields[k]) = resolved;
    }
    if (in_args) {
        fields[0] = offset;
        fields[1] = (uint32_t)n;
    }
    return 1;
}

/* Tells Python of an operation, in a context that watches. Takes over the result. */
static PyObject *watch(PyObject *result, int op, int n, const operand *operands)
{
    PyObject *list = PyTuple_New(n);
    for (int k = 0; list && k < n; k++) {
        PyObject *item = operands[k].node ? (PyObject *)operands[k].node : PyFloat_FromDouble(operands[k].value);
        if (!item) {
            Py_CLEAR(list);
            break;
        }
        if (operands[k].node)
            Py_INCREF(item);
        PyTuple_SetItem(list, k, item);
    }
    PyObject *code = PyLong_FromLong(op);
    PyObject *told = list && code ? PyObject_CallFunctionObjArgs(sg_python.recorded, result, code, list, NULL) : NULL;
    Py_XDECREF(list);
    Py_XDECREF(code);
    if (!told)
        Py_CLEAR(result);
    Py_XDECREF(told);
    return result;
}

/* Records node op(operands) = value. `in_args` is constant where this is inlined: arity 3, and reductions. */
static inline PyObject *record(int op, double value, int n, const operand *operands, int in_args)
{
    sg_thread *thread = sg_thread_now();
    if (!thread)
        return NULL;
    PyObject *result;
    if (thread->mode & SG_NO_GRAD) {
        result = sg_new_leaf(value);
    } else {
        sg_graph *open = thread->open;
        uint32_t fields[2] = {0, 0};
        if (!open || open->count >= SG_GRAPH_NODES || open->capacity - open->count <= (uint32_t)n) {
            if (!(open = make_room(thread, n, operands)))
                return NULL;
        }
        if (place(open, n, operands, in_args, fields)) {
            for (int k = 0; k < n; k++)
                sg_use(open, in_args ? open->args[fields[0] + (uint32_t)k] : fields[k]);
            result = sg_new_interior(open, sg_append(open, op, fields[0], fields[1], value));
        } else {
            result = PyErr_NoMemory();
        }
        if (!result)
            sg_drop_unused(open);
    }
    return result && (thread->mode & SG_WATCH) ? watch(result, op, n, operands) : result;
}

/* --- operators --------------------------------------------------------------------------------------------------- */

static inline PyObject *binary(int op, PyObject *left, PyObject *right, double (*value)(double, double))
{
    operand pair[2];
    int read = read_operand(left, &pair[0]);
    if (read == 1)
        read = read_operand(right, &pair[1]);
    if (read < 1) {
        if (read < 0)
            return NULL;
        Py_INCREF(Py_NotImplemented);
        return Py_NotImplemented;
    }
    double x = capture(&pair[0]), y = capture(&pair[1]);
    return record(op, value(x, y), 2, pair, 0);
}

static inline PyObject *unary(int op, PyObject *self, double (*value)(double))
{
    operand one = {(Node *)self, ((Node *)self)->data};
    return record(op, value(one.value), 1, &one, 0);
}

#define BINARY_SLOT(name, code)                                                                                       \
    static PyObject *slot_##name(PyObject *left, PyObject *right)                                                     \
    {                                                                                                                 \
        return binary(code, left, right, sg_value_##name);                                                            \
    }
BINARY_SLOT(add, SG_ADD)
BINARY_SLOT(sub, SG_SUB)
BINARY_SLOT(mul, SG_MUL)
BINARY_SLOT(div, SG_DIV)
BINARY_SLOT(floordiv, SG_FLOORDIV)
BINARY_SLOT(remainder, SG_REMAINDER)

/* x**2 is x*x; every other power is the library's pow. */
static PyObject *slot_pow(PyObject *base, PyObject *exponent, PyObject *modulus)
{
    double number;
    if (modulus != Py_None) {
        Py_INCREF(Py_NotImplemented);
        return Py_NotImplemented;
    }
    if (sg_is_node(base) && !sg_is_node(exponent)) {
        int read = sg_read_number(exponent, &number);
        if (read < 0)
            return NULL;
        if (read == 1 && number == 2.0)
            return unary(SG_SQUARE, base, sg_value_square);
    }
    return binary(SG_POW, base, exponent, sg_value_pow);
}

static PyObject *slot_neg(PyObject *self)
{
    return unary(SG_NEG, self, sg_value_neg);
}

static PyObject *slot_abs(PyObject *self)
{
    return unary(SG_ABS, self, sg_value_abs);
}

static PyObject *slot_pos(PyObject *self)
{
    Py_INCREF(self);
    return self;
}

static int slot_bool(PyObject *self)
{
    return ((Node *)self)->data != 0.0;
}

PyType_Slot sg_number_slots[] = {
    {Py_nb_add, slot_add},
    {Py_nb_subtract, slot_sub},
    {Py_nb_multiply, slot_mul},
    {Py_nb_true_divide, slot_div},
    {Py_nb_floor_divide, slot_floordiv},
    {Py_nb_remainder, slot_remainder},
    {Py_nb_power, slot_pow},
    {Py_nb_negative, slot_neg},
    {Py_nb_positive, slot_pos},
    {Py_nb_absolute, slot_abs},
    {Py_nb_bool, slot_bool},
    {0, NULL},
};

/* --- functions --------------------------------------------------------------------------------------------------- */

/* What Python makes of operands of which `refused` is no number: arrays have the same functions. Otherwise raises, what is
 * raised already or that it is refused. */
static PyObject *lift(PyObject *const *args, Py_ssize_t n, PyObject *refused)
{
    PyObject *type, *error, *traceback, *operands = PyTuple_New(n - 1);
    PyErr_Fetch(&type, &error, &traceback);
    for (Py_ssize_t k = 1; operands && k < n; k++) {
        Py_INCREF(args[k]);
        PyTuple_SetItem(operands, k - 1, args[k]);
    }
    PyObject *result = operands ? PyObject_CallFunctionObjArgs(sg_python.lift, args[0], operands, NULL) : NULL;
    Py_XDECREF(operands);
    if (result == Py_NotImplemented) {
        Py_CLEAR(result);
        if (!type)
            sg_refuse(refused);
        else
            PyErr_Restore(type, error, traceback);
        return NULL;
    }
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(traceback);
    return result;
}

/* apply(opcode, *operands): a Value, or a float when no operand is a Value. */
PyObject *sg_py_apply(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    operand operands[3] = {{0}};
    int tracked = 0, op = n ? (int)PyLong_AsLong(args[0]) : -1;
    if (op < SG_FIRST || op >= SG_FIRST_REDUCTION || sg_arity[op] != n - 1) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "apply: unknown opcode, or not its number of operands");
        return NULL;
    }
    for (Py_ssize_t k = 1; k < n; k++) {
        int read = read_operand(args[k], &operands[k - 1]);
        if (read < 1)
            return lift(args, n, args[k]);
        tracked |= operands[k - 1].node != NULL;
    }
    for (int k = 0; k < n - 1; k++)
        capture(&operands[k]);
    double value = sg_value(op, operands[0].value, operands[1].value, operands[2].value);
    return tracked ? record(op, value, (int)n - 1, operands, n - 1 > 2) : PyFloat_FromDouble(value);
}

/* reduce(opcode, list): a Value, or a float when no operand is a Value. The list is not empty. */
PyObject *sg_py_reduce(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    int op = nargs == 2 ? (int)PyLong_AsLong(args[0]) : -1;
    Py_ssize_t n = op >= SG_FIRST_REDUCTION && op < SG_OPCODES && PyList_Check(args[1]) ? PyList_Size(args[1]) : 0;
    if (n < 1 || n > INT32_MAX) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "reduce: an opcode of a reduction and a list that is not empty");
        return NULL;
    }
    operand *operands = sg_alloc((size_t)n * sizeof *operands);
    double *values = sg_alloc((size_t)n * sizeof *values);
    PyObject *items = PyList_AsTuple(args[1]), *result = NULL;    /* reading a number may run Python code */
    int tracked = 0;
    if (!operands || !values || !items) {
        if (!PyErr_Occurred())
            PyErr_NoMemory();
        goto done;
    }
    n = PyTuple_Size(items);
    for (Py_ssize_t k = 0; k < n; k++) {
        int read = read_operand(PyTuple_GetItem(items, k), &operands[k]);
        if (read == 0)
            sg_refuse(PyTuple_GetItem(items, k));
        if (read < 1)
            goto done;
        tracked |= operands[k].node != NULL;
    }
    for (Py_ssize_t k = 0; k < n; k++)
        values[k] = capture(&operands[k]);
    double value = sg_reduce(op, values, (uint32_t)n);
    result = tracked ? record(op, value, (int)n, operands, 1) : PyFloat_FromDouble(value);
done:
    Py_XDECREF(items);
    sg_free(operands);
    sg_free(values);
    return result;
}
