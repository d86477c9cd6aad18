/* The type Context: entered and left in one step each. */
#include "python/contexts.h"

#include "python/thread.h"

PyTypeObject *sg_context_type;

typedef struct {
    PyObject_HEAD
    int bits;
    sg_entry *latest;        /* its entries, those of ended threads included */
    sg_entry first;          /* the memory of one, so that a context that is used once allocates nothing */
} Context;

/* Context(bits) */
static PyObject *context_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)kwargs;
    int bits;
    if (!PyArg_ParseTuple(args, "i", &bits))
        return NULL;
    Context *context = (Context *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (context)
        context->bits = bits;
    return (PyObject *)context;
}

/* Takes an entry out of the context's list, and frees its memory. */
static void forget(Context *context, sg_entry *entry)
{
    sg_entry **place = &context->latest;
    while (*place != entry)
        place = &(*place)->before;
    *place = entry->before;
    if (entry != &context->first)
        PyMem_Free(entry);
}

/* Also called for subclasses. No entry is open, because each holds a reference. */
static void context_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    while (((Context *)self)->latest)
        forget((Context *)self, ((Context *)self)->latest);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyObject *context_enter(PyObject *self, PyObject *none)
{
    (void)none;
    Context *context = (Context *)self;
    sg_thread *thread = sg_thread_now();
    if (!thread)
        return NULL;
    for (sg_entry *entry = context->latest, *before; entry; entry = before) {
        before = entry->before;
        if (!entry->thread)           /* its thread ended inside */
            forget(context, entry);
    }
    sg_entry *entry = context->first.thread ? PyMem_Malloc(sizeof *entry) : &context->first;
    if (!entry) {
        PyErr_SetString(PyExc_MemoryError, "no memory to enter a context; nothing was changed");
        return NULL;
    }
    Py_INCREF(self);
    *entry = (sg_entry){NULL, context->latest, NULL, self, context->bits};
    context->latest = entry;
    sg_enter_context(thread, entry);
    Py_RETURN_NONE;
}

/* __exit__(*exception). Without an open entry it does nothing. A watcher's method `_left` is called afterwards. */
static PyObject *context_exit(PyObject *self, PyObject *exception)
{
    Context *context = (Context *)self;
    sg_entry *found = NULL;
    for (sg_entry *entry = context->latest; entry; entry = entry->before) {
        if (entry->thread && entry->thread == sg_current) {
            found = entry;
            break;
        }
        if (entry->thread && !found)
            found = entry;
    }
    if (!found)
        Py_RETURN_NONE;
    int watched = found->bits & SG_WATCH;
    sg_leave_context(found);
    forget(context, found);
    PyObject *left = NULL, *method = watched ? PyObject_GetAttrString(self, "_left") : NULL;
    if (method)
        left = PyObject_CallObject(method, exception);
    Py_XDECREF(method);
    Py_DECREF(self);                  /* the entry's */
    if (watched && !left)
        return NULL;
    Py_XDECREF(left);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"__enter__", context_enter, METH_NOARGS, NULL},
    {"__exit__", context_exit, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyObject *get_open(PyObject *self, void *closure)
{
    (void)closure;
    for (const sg_entry *entry = ((Context *)self)->latest; entry; entry = entry->before)
        if (entry->thread)
            Py_RETURN_TRUE;
    Py_RETURN_FALSE;
}

static PyGetSetDef properties[] = {
    {"open", get_open, NULL, "Whether it was entered, in any thread, and not left yet.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef members[] = {
    {"bits", T_INT, offsetof(Context, bits), 0, "What it does; copied when it is entered."},
    {NULL, 0, 0, 0, NULL},
};

int sg_make_context_type(void)
{
    PyType_Slot slots[] = {
        {Py_tp_doc, ""},
        {Py_tp_new, context_new},
        {Py_tp_dealloc, context_dealloc},
        {Py_tp_methods, methods},
        {Py_tp_members, members},
        {Py_tp_getset, properties},
        {0, NULL},
    };
    PyType_Spec spec = {"scalargrad.core.Context", sizeof(Context), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
    sg_context_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return sg_context_type != NULL;
}
