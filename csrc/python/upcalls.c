/* Upcalls: their setup, and the conversion of numbers. */
#include "python/upcalls.h"

sg_hooks sg_python;

int sg_read_number(PyObject *object, double *number)
{
    if (PyFloat_Check(object)) {
        *number = PyFloat_AsDouble(object);
        return 1;
    }
    if (PyLong_Check(object)) {
        *number = PyLong_AsDouble(object);
        if (*number != -1.0 || !PyErr_Occurred())
            return 1;
        PyErr_Clear();                /* too large: the hook raises RangeError */
    }
    PyObject *converted = PyObject_CallFunctionObjArgs(sg_python.number, object, NULL);
    if (!converted)
        return -1;
    int is_float = PyFloat_Check(converted);
    if (is_float)
        *number = PyFloat_AsDouble(converted);
    Py_DECREF(converted);
    return is_float;
}

void sg_refuse(PyObject *object)
{
    Py_XDECREF(PyObject_CallFunctionObjArgs(sg_python.refuse, object, NULL));
}

/* setup(number, refuse, construct, read_only, lift, recorded) */
PyObject *sg_py_setup(PyObject *module, PyObject *args)
{
    (void)module;
    sg_hooks hooks;
    if (!PyArg_ParseTuple(args, "OOOOOO", &hooks.number, &hooks.refuse, &hooks.construct, &hooks.read_only, &hooks.lift,
                          &hooks.recorded))
        return NULL;
    Py_INCREF(hooks.number);
    Py_INCREF(hooks.refuse);
    Py_INCREF(hooks.construct);
    Py_INCREF(hooks.read_only);
    Py_INCREF(hooks.lift);
    Py_INCREF(hooks.recorded);
    sg_python = hooks;
    Py_RETURN_NONE;
}
