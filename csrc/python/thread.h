/* The state of a thread: its open graph, and the contexts that it is in: no_grad, detect_anomaly and the like. */
#ifndef SG_THREAD_H
#define SG_THREAD_H
#include "python/api.h"
#include "tape/tape.h"

/* What a context does, as bits; the first three are also the bits of a thread's mode. contexts.py has their meaning. */
enum { SG_NO_GRAD = 1, SG_WATCH = 2, SG_STRICT = 4, SG_RECORD = 8, SG_UNWATCHED = 16 };

typedef struct sg_thread sg_thread;

/* One entry into a context that has not been left yet. Its memory belongs to the context. */
typedef struct sg_entry {
    struct sg_entry *outer;  /* the one before it in the same thread */
    struct sg_entry *before; /* the one before it of the same context */
    sg_thread *thread;       /* NULL: it is over */
    PyObject *context;       /* one reference */
    int bits;
} sg_entry;

struct sg_thread {
    sg_graph *open;          /* not a reference: a graph is freed with its last Value */
    int mode;                /* follows from the entries */
    sg_entry *entered;       /* the innermost entry */
};

extern _Thread_local sg_thread *sg_current;
sg_thread *sg_make_thread(void);     /* NULL with an exception */
static inline sg_thread *sg_thread_now(void)
{
    return sg_current ? sg_current : sg_make_thread();
}

/* Begins an entry, whose context and bits are set, and ends it. They cannot fail. The caller owns the reference to the
 * context, and gives it up after sg_leave. */
void sg_enter_context(sg_thread *thread, sg_entry *entry);
void sg_leave_context(sg_entry *entry);

PyObject *sg_py_mode(PyObject *module, PyObject *none);
PyObject *sg_py_watchers(PyObject *module, PyObject *none);

#endif
