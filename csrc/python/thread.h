/* The state of a thread: its open graph, and the modes of no_grad and detect_anomaly. */
#ifndef SG_THREAD_H
#define SG_THREAD_H
#include "python/api.h"
#include "tape/tape.h"

enum { SG_NO_GRAD = 1, SG_WATCH = 2 };
typedef struct {
    sg_graph *open;          /* not a reference: a graph is freed with its last Value */
    int mode;
} sg_thread;

extern _Thread_local sg_thread *sg_current;
sg_thread *sg_make_thread(void);     /* NULL with an exception */
static inline sg_thread *sg_thread_now(void)
{
    return sg_current ? sg_current : sg_make_thread();
}

PyObject *sg_py_mode(PyObject *module, PyObject *bits);

#endif
