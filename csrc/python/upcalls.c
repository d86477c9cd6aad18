/* Numbers read by Python, and the upcalls. */
#include "python/upcalls.h"

#include <string.h>

sg_upcalls sg_python;

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
        PyErr_Clear();                /* too large: Python raises our own error */
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

void sg_refuse_data(int opcode)
{
    PyObject *code = PyLong_FromLong(opcode);
    if (code)
        Py_XDECREF(PyObject_CallFunctionObjArgs(sg_python.read_only, code, NULL));
    Py_XDECREF(code);
}

int sg_import_convert(void)
{
    PyObject *convert = PyImport_ImportModule("scalargrad.convert");
    if (!convert)
        return 0;
    sg_python.number = PyObject_GetAttrString(convert, "number");
    sg_python.refuse = PyObject_GetAttrString(convert, "refuse");
    sg_python.construct = PyObject_GetAttrString(convert, "construct");
    sg_python.read_only = PyObject_GetAttrString(convert, "read_only");
    sg_python.no_attribute = PyObject_GetAttrString(convert, "no_attribute");
    Py_DECREF(convert);
    return sg_python.number && sg_python.refuse && sg_python.construct && sg_python.read_only &&
           sg_python.no_attribute;
}

/* upcall(name, function): supplies "lift" or "recorded". */
PyObject *sg_py_upcall(PyObject *module, PyObject *args)
{
    (void)module;
    const char *name;
    PyObject *function;
    if (!PyArg_ParseTuple(args, "sO", &name, &function))
        return NULL;
    PyObject **place = !strcmp(name, "lift")       ? &sg_python.lift
                       : !strcmp(name, "recorded") ? &sg_python.recorded
                                                   : NULL;
    if (!place)
        return PyErr_Format(PyExc_ValueError, "there is no upcall %s", name);
    Py_INCREF(function);
    Py_XDECREF(*place);
    *place = function;
    Py_RETURN_NONE;
}
