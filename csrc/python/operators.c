/* Operators and functions on Values and numbers. */
#include "python/operators.h"

#include "python/making.h"
#include "python/recording.h"
#include "table/reductions.h"
#include "table/table.h"
#include "tape/memory.h"

/* --- operators ---------------------------------------------------------------------------------------------------- */

static inline PyObject *binary(int op, PyObject *left, PyObject *right, double (*value)(double, double))
{
    sg_number pair[2];
    int read = sg_read_operand(left, &pair[0]);
    if (read == 1)
        read = sg_read_operand(right, &pair[1]);
    if (read < 1) {
        if (read < 0)
            return NULL;
        Py_INCREF(Py_NotImplemented);
        return Py_NotImplemented;
    }
    double x = sg_capture(&pair[0]), y = sg_capture(&pair[1]);
    return sg_record_node(op, value(x, y), 2, pair, 0);
}

static inline PyObject *unary(int op, PyObject *self, double (*value)(double))
{
    sg_number one = {(Node *)self, ((Node *)self)->data};
    return sg_record_node(op, value(one.value), 1, &one, 0);
}

static PyObject *slot_add(PyObject *left, PyObject *right)
{
    return binary(SG_ADD, left, right, sg_value_add);
}

static PyObject *slot_sub(PyObject *left, PyObject *right)
{
    return binary(SG_SUB, left, right, sg_value_sub);
}

static PyObject *slot_mul(PyObject *left, PyObject *right)
{
    return binary(SG_MUL, left, right, sg_value_mul);
}

static PyObject *slot_div(PyObject *left, PyObject *right)
{
    return binary(SG_DIV, left, right, sg_value_div);
}

static PyObject *slot_floordiv(PyObject *left, PyObject *right)
{
    return binary(SG_FLOORDIV, left, right, sg_value_floordiv);
}

static PyObject *slot_remainder(PyObject *left, PyObject *right)
{
    return binary(SG_REMAINDER, left, right, sg_value_remainder);
}

/* By the table's shortcut, x**2 is x*x; every other power is the library's pow. */
static __attribute__((noinline)) PyObject *power(PyObject *base, PyObject *exponent)
{
    double number;
    if (sg_is_node(base) && !sg_is_node(exponent)) {
        int read = sg_read_number(exponent, &number);
        if (read < 0)
            return NULL;
        if (read == 1 && number == SG_SHORTCUT_NUMBER_pow)
            return unary(SG_SHORTCUT_pow, base, sg_value_shortcut_pow);
    }
    return binary(SG_POW, base, exponent, sg_value_pow);
}

static PyObject *slot_pow(PyObject *base, PyObject *exponent, PyObject *modulus)
{
    double number;
    if (modulus != Py_None) {
        Py_INCREF(Py_NotImplemented);
        return Py_NotImplemented;
    }
    if (sg_read_plain(exponent, &number) && number == SG_SHORTCUT_NUMBER_pow && sg_is_node(base))
        return unary(SG_SHORTCUT_pow, base, sg_value_shortcut_pow);
    return power(base, exponent);
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

PyType_Slot sg_operators[] = {
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
    {Py_tp_init, sg_init_node},
    {0, NULL},
};

/* --- functions ---------------------------------------------------------------------------------------------------- */

/* Calls the hook `lift` for operands that are not all numbers, because arrays have the same functions. If the hook
 * returns NotImplemented: NULL with the exception that is raised already, or one that says that `refused` is not a
 * number. */
static PyObject *lifted(PyObject *const *args, Py_ssize_t n, PyObject *refused)
{
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    PyObject *operands = PyTuple_New(n - 1);
    for (Py_ssize_t k = 1; operands && k < n; k++) {
        Py_INCREF(args[k]);
        PyTuple_SetItem(operands, k - 1, args[k]);
    }
    PyObject *result = NULL;
    if (operands && sg_python.lift)
        result = PyObject_CallFunctionObjArgs(sg_python.lift, args[0], operands, NULL);
    else if (operands)
        result = (Py_INCREF(Py_NotImplemented), Py_NotImplemented);
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

/* Like sg_read_operand. A list or tuple is no number; it goes to the hook without an error that nobody would read. */
static inline int read_argument(PyObject *object, sg_number *out)
{
    out->node = sg_is_node(object) ? (Node *)object : NULL;
    if (out->node || sg_read_plain(object, &out->value))
        return 1;
    if (Py_TYPE(object) == &PyList_Type || Py_TYPE(object) == &PyTuple_Type)
        return 0;
    return sg_read_number(object, &out->value);
}

/* apply(opcode, *operands) -> a Value, or a float if no operand is a Value. */
PyObject *sg_py_apply(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    sg_number operands[3] = {{0}};
    int tracked = 0, op = n ? (int)PyLong_AsLong(args[0]) : -1;
    if (op < SG_FIRST || op >= SG_FIRST_REDUCTION || sg_arity[op] != n - 1) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "apply: unknown opcode, or not its number of operands");
        return NULL;
    }
    for (Py_ssize_t k = 1; k < n; k++) {
        int read = read_argument(args[k], &operands[k - 1]);
        if (read < 0 && !PyErr_ExceptionMatches(PyExc_TypeError))
            return NULL;
        if (read < 1)
            return lifted(args, n, args[k]);
        tracked |= operands[k - 1].node != NULL;
    }
    for (int k = 0; k < n - 1; k++)
        sg_capture(&operands[k]);
    double value = sg_value(op, operands[0].value, operands[1].value, operands[2].value);
    return tracked ? sg_record_node(op, value, (int)n - 1, operands, n - 1 > 2) : PyFloat_FromDouble(value);
}

/* reduce(opcode, list) -> a Value, or a float if no operand is a Value. The list must not be empty. */
PyObject *sg_py_reduce(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    int op = nargs == 2 ? (int)PyLong_AsLong(args[0]) : -1;
    Py_ssize_t n = op >= SG_FIRST_REDUCTION && op < SG_FIRST_JOINT && PyList_Check(args[1]) ? PyList_Size(args[1]) : 0;
    if (n < 1 || n > INT32_MAX) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "reduce: an opcode of a reduction and a list that is not empty");
        return NULL;
    }
    sg_number *operands = sg_alloc((size_t)n * sizeof *operands);
    double *values = sg_alloc((size_t)n * sizeof *values);
    PyObject *items = PyList_AsTuple(args[1]), *result = NULL;    /* reading a number may run Python code */
    int tracked = 0;
    if (!operands || !values || !items) {
        if (!PyErr_Occurred())
            sg_no_memory();
        goto done;
    }
    n = PyTuple_Size(items);
    for (Py_ssize_t k = 0; k < n; k++) {
        int read = sg_read_operand(PyTuple_GetItem(items, k), &operands[k]);
        if (read == 0)
            sg_refuse(PyTuple_GetItem(items, k));
        if (read < 1)
            goto done;
        tracked |= operands[k].node != NULL;
    }
    for (Py_ssize_t k = 0; k < n; k++)
        values[k] = sg_capture(&operands[k]);
    double value = sg_reduce(op, values, (uint32_t)n);
    result = tracked ? sg_record_node(op, value, (int)n, operands, 1) : PyFloat_FromDouble(value);
done:
    Py_XDECREF(items);
    sg_free(operands);
    sg_free(values);
    return result;
}
