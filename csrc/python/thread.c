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
    for (sg_entry *entry; (entry = thread->entered);) {
        PyObject *context = entry->context;
        sg_leave_context(entry);
        Py_DECREF(context);
    }
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
        return (sg_thread *)sg_no_memory();
    }
    int failed = PyDict_SetItemString(state, capsule_name, capsule);
    Py_DECREF(capsule);
    if (failed)
        return NULL;
    return sg_current = thread;
}

/* The inner contexts win: the innermost of no_grad and recording decides whether operations are recorded. */
static void set_mode(sg_thread *thread)
{
    int mode = 0, open = SG_NO_GRAD | SG_WATCH | SG_STRICT;       /* bits that inner contexts have not decided */
    for (const sg_entry *entry = thread->entered; entry; entry = entry->outer) {
        mode |= entry->bits & open;
        if (entry->bits & (SG_NO_GRAD | SG_RECORD))
            open &= ~SG_NO_GRAD;
        if (entry->bits & SG_UNWATCHED)
            open &= ~(SG_WATCH | SG_STRICT);
    }
    thread->mode = mode;
}

void sg_enter_context(sg_thread *thread, sg_entry *entry)
{
    entry->thread = thread;
    entry->outer = thread->entered;
    thread->entered = entry;
    set_mode(thread);
}

void sg_leave_context(sg_entry *entry)
{
    sg_entry **place = &entry->thread->entered;
    while (*place != entry)
        place = &(*place)->outer;
    *place = entry->outer;
    set_mode(entry->thread);
    entry->thread = NULL;
}

/* mode() -> the bits of the thread's mode */
PyObject *sg_py_mode(PyObject *module, PyObject *none)
{
    (void)module;
    (void)none;
    sg_thread *thread = sg_thread_now();
    return thread ? PyLong_FromLong(thread->mode) : NULL;
}

/* watchers() -> list of the contexts that watch this thread, innermost first, once per entry */
PyObject *sg_py_watchers(PyObject *module, PyObject *none)
{
    (void)module;
    (void)none;
    sg_thread *thread = sg_thread_now();
    PyObject *list = thread ? PyList_New(0) : NULL;
    for (sg_entry *entry = list ? thread->entered : NULL; entry; entry = entry->outer) {
        if (entry->bits & SG_UNWATCHED)
            break;
        if ((entry->bits & SG_WATCH) && PyList_Append(list, entry->context) < 0) {
            Py_CLEAR(list);
            break;
        }
    }
    return list;
}
