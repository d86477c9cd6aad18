/* Python's C API: the stable one, so that one build works on later Pythons; without the GIL, all of it. */
#ifndef SG_API_H
#define SG_API_H
#define PY_SSIZE_T_CLEAN
#ifndef Py_GIL_DISABLED
#define Py_LIMITED_API 0x030A0000
#endif
#include <Python.h>
#include <structmember.h>

/* Raises MemoryError, with a text. Returns NULL. */
static inline PyObject *sg_no_memory(void)
{
    PyErr_SetString(PyExc_MemoryError, "no memory for this operation; nothing was changed");
    return NULL;
}

#endif
