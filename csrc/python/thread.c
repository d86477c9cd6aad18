/* Threads: each has its own state, which the interpreter stores and clears. */
#include "python/thread.h"

_Thread_local sg_thread *sg_current;
static const char capsule_name[] = "scalargrad.thread";

/* Runs when the interpreter clears a thread's state: the thread ends, or the process. */
static void end_thread(PyObject *capsule)
{
    sg_thread *thread = PyCapsule_GetPointer(capsule, capsule_name);
    if (thread->open)
        sg_close(thread->open);
    if (sg_current == thread)
        sg_current = NULL;
    PyMem_Free(thread);
}

sg_thread *sg_make_thread(void)
{
    PyObject *state = PyThreadState_GetDict();
    sg_thread *thread = state ? PyMem_Calloc(1, sizeof *thread) : NULL;
    PyObject *capsule = thread ? PyCapsule_New(thread, capsule_name, end_thread) : NULL;
    if (!capsule) {
        PyMem_Free(thread);
        return (sg_thread *)PyErr_NoMemory();
    }
    int failed = PyDict_SetItemString(state, capsule_name, capsule);
    Py_DECREF(capsule);
    if (failed)
        return NULL;
    return sg_current = thread;
}

/* mode(bits) -> the thread's mode before the call. None changes nothing. */
PyObject *sg_py_mode(PyObject *module, PyObject *bits)
{
    (void)module;
    sg_thread *thread = sg_thread_now();
    if (!thread)
        return NULL;
    long mode = bits == Py_None ? thread->mode : PyLong_AsLong(bits);
    PyObject *before = PyErr_Occurred() ? NULL : PyLong_FromLong(thread->mode);
    if (before)
        thread->mode = (int)mode;
    return before;
}
