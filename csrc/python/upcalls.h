/* The functions that Python supplies: they read numbers that are neither floats nor ints, and raise errors. */
#ifndef SG_UPCALLS_H
#define SG_UPCALLS_H
#include "python/api.h"

typedef struct {
    PyObject *number;        /* number(object) -> float or NotImplemented, or raises */
    PyObject *refuse;        /* refuse(object): raises, because the object is not a number */
    PyObject *construct;     /* construct(*args, **kwargs) -> the float of a new leaf, or raises */
    PyObject *read_only;     /* read_only(node): raises, because an interior node's data was set */
    PyObject *lift;          /* lift(opcode, operands) -> the result for arrays, or NotImplemented */
    PyObject *recorded;      /* recorded(result, opcode, operands): in SG_WATCH mode, after each operation */
} sg_hooks;
extern sg_hooks sg_python;

/* Reads a number: a float, an int, or an object that the hook converts. 1: read; 0: not a number; -1: an exception. */
int sg_read_number(PyObject *object, double *number);
void sg_refuse(PyObject *object);                                  /* raises: not a number */

PyObject *sg_py_setup(PyObject *module, PyObject *args);

#endif
