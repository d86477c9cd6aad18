/* What the core asks of Python: to read numbers that are neither floats nor ints and to raise errors, for which it
 * imports scalargrad.convert; and two upcalls, which the layers above supply. */
#ifndef SG_UPCALLS_H
#define SG_UPCALLS_H
#include "python/api.h"

typedef struct {
    PyObject *number;        /* number(object) -> float or NotImplemented, or raises */
    PyObject *refuse;        /* refuse(object): raises, because the object is not a number */
    PyObject *construct;     /* construct(*args, **kwargs) -> (data, children, local_grads, label), or raises */
    PyObject *read_only;     /* read_only(opcode): raises: the data of an interior node was set */
    PyObject *no_attribute;  /* no_attribute(node, name): raises: an attribute of an interior node was set */
    PyObject *lift;          /* lift(opcode, operands): the result for operands that are not numbers; NULL: none yet */
    PyObject *recorded;      /* recorded(result, opcode, operands): in SG_WATCH mode, after each operation */
} sg_upcalls;
extern sg_upcalls sg_python;

/* Reads a number: a float, an int, or an object that the hook converts. 1: read; 0: not a number; -1: an exception. */
int sg_read_number(PyObject *object, double *number);

/* Reads a float or an int, without running Python code. 0: it is something else, or too large. */
static inline int sg_read_plain(PyObject *object, double *number)
{
    if (PyFloat_CheckExact(object)) {
        *number = PyFloat_AsDouble(object);
        return 1;
    }
    if (!PyLong_CheckExact(object))
        return 0;
    *number = PyLong_AsDouble(object);
    if (*number == -1.0 && PyErr_Occurred()) {
        PyErr_Clear();
        return 0;
    }
    return 1;
}
void sg_refuse(PyObject *object);                                  /* raises: not a number */
void sg_refuse_data(int opcode);                                   /* raises: the data of a result cannot be set */

int sg_import_convert(void);                                       /* 0 with an exception */
PyObject *sg_py_upcall(PyObject *module, PyObject *args);

#endif
