/* The type Value: how handles are made and freed, data and grad, comparison and hash. */
#include "python/node.h"

#include <string.h>

#include "python/upcalls.h"
#include "tape/operands.h"

PyTypeObject *sg_node_type;

/* --- made and freed ----------------------------------------------------------------------------------------------- */

static Node *new_node(PyTypeObject *type)
{
    Node *node = PyObject_New(Node, type);
    if (node)
        memset((char *)node + offsetof(Node, weakrefs), 0, sizeof *node - offsetof(Node, weakrefs));
    return node;
}

PyObject *sg_new_leaf(double data)
{
    Node *node = new_node(sg_node_type);
    if (node)
        node->data = data;
    return (PyObject *)node;
}

PyObject *sg_new_interior(sg_graph *graph, uint32_t index)
{
    Node *node = PyObject_New(Node, sg_node_type);
    if (!node)
        return NULL;
    node->weakrefs = node->attributes = NULL;
    sg_become_interior(node, graph, index);
    return (PyObject *)node;
}

int sg_require_interior(PyObject *object)
{
    if (sg_is_node(object) && sg_graph_of((Node *)object))
        return 1;
    PyErr_SetString(PyExc_TypeError, "expected a Value that an operation made");
    return 0;
}

/* Also called for subclasses, whose instances may be larger than a Node, and tracked by the garbage collector. */
static PyObject *node_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Node *node = (Node *)alloc(type, 0);
    if (node)
        node->entry_serial = SG_NEW;
    return (PyObject *)node;
}

static void node_dealloc(PyObject *self)
{
    Node *node = (Node *)self;
    PyTypeObject *type = Py_TYPE(self);
    if (node->weakrefs)
        PyObject_ClearWeakRefs(self);
    sg_graph *graph = sg_graph_of(node);
    Py_CLEAR(node->attributes);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
    if (graph)
        sg_release(graph);
}

/* For subclasses, which the garbage collector may track: plain Values it does not. */
static int node_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((Node *)self)->attributes);
    return 0;
}

static int node_clear(PyObject *self)
{
    Py_CLEAR(((Node *)self)->attributes);
    return 0;
}

/* --- data and grad ------------------------------------------------------------------------------------------------ */

/* For setters: reads a number. 0 with an exception. */
static int require_number(PyObject *object, double *number)
{
    if (!object) {
        PyErr_SetString(PyExc_AttributeError, "data and grad cannot be deleted");
        return 0;
    }
    int read = sg_is_node(object) ? 0 : sg_read_number(object, number);
    if (read == 0)
        sg_refuse(object);
    return read == 1;
}

static PyObject *get_data(PyObject *self, void *closure)
{
    (void)closure;
    return PyFloat_FromDouble(((Node *)self)->data);
}

static int set_data(PyObject *self, PyObject *value, void *closure)
{
    (void)closure;
    Node *node = (Node *)self;
    if (sg_graph_of(node)) {
        sg_refuse_data(sg_opcode(node->graph, sg_index_of(node)));
        return -1;
    }
    double data;
    if (!require_number(value, &data))
        return -1;
    node->data = data;
    node->entry_serial = 0;
    return 0;
}

static PyObject *get_grad(PyObject *self, void *closure)
{
    (void)closure;
    const Node *node = (Node *)self;
    return PyFloat_FromDouble(sg_graph_of(node) ? sg_adjoint(node->graph, sg_index_of(node)) : node->grad);
}

static int set_grad(PyObject *self, PyObject *value, void *closure)
{
    (void)closure;
    Node *node = (Node *)self;
    double grad;
    if (value == Py_None) {
        Py_XDECREF(PyObject_CallFunctionObjArgs(sg_python.refuse, value, Py_True, NULL));
        return -1;
    }
    if (!require_number(value, &grad))
        return -1;
    if (!sg_graph_of(node)) {
        node->grad = grad;
        return 0;
    }
    sg_close(node->graph);            /* the adjoints are allocated at the graph's final size */
    if (sg_set_adjoint(node->graph, sg_index_of(node), grad))
        return 0;
    sg_no_memory();
    return -1;
}

/* --- comparison is of numbers, the hash of nodes ------------------------------------------------------------------ */

static PyObject *node_compare(PyObject *self, PyObject *other, int operator)
{
    PyObject *mine = PyFloat_FromDouble(((Node *)self)->data);
    PyObject *theirs = sg_is_node(other) ? PyFloat_FromDouble(((Node *)other)->data) : (Py_INCREF(other), other);
    PyObject *result = mine && theirs ? PyObject_RichCompare(mine, theirs, operator) : NULL;
    Py_XDECREF(mine);
    Py_XDECREF(theirs);
    return result;
}

static Py_hash_t node_hash(PyObject *self)
{
    const Node *node = (Node *)self;
    uint64_t key = sg_graph_of(node) ? node->graph->serial * 0x9E3779B97F4A7C15u + sg_index_of(node)
                                     : (uint64_t)(uintptr_t)self >> 4;
    Py_hash_t hash = (Py_hash_t)(key ^ key >> 32);
    return hash == -1 ? -2 : hash;
}

/* --- attributes of leaves ----------------------------------------------------------------------------------------- */

int sg_refuse_attribute(PyObject *self, PyObject *name)
{
    PyObject *done = PyObject_CallFunctionObjArgs(sg_python.no_attribute, self, name, NULL);
    Py_XDECREF(done);
    return -1;
}

static int node_setattr(PyObject *self, PyObject *name, PyObject *value)
{
    Node *node = (Node *)self;
    int done = PyObject_GenericSetAttr(self, name, value);
    if (!node->attributes || !sg_graph_of(node))
        return done;
    Py_CLEAR(node->attributes);        /* the name is none of the type's */
    PyErr_Clear();
    return sg_refuse_attribute(self, name);
}

static PyObject *get_attributes(PyObject *self, void *closure)
{
    (void)closure;
    Node *node = (Node *)self;
    if (sg_graph_of(node)) {
        PyObject *name = PyUnicode_FromString("__dict__");
        if (name)
            sg_refuse_attribute(self, name);
        Py_XDECREF(name);
        return NULL;
    }
    if (!node->attributes)
        node->attributes = PyDict_New();
    Py_XINCREF(node->attributes);
    return node->attributes;
}

/* --- the type ----------------------------------------------------------------------------------------------------- */

static PyGetSetDef properties[] = {
    {"data", get_data, set_data, "The number (a float). A leaf's can be set; an interior node's cannot.", NULL},
    {"grad", get_grad, set_grad,
     "The derivative of the root of the last backward by this node; leaves accumulate over backwards.", NULL},
    {"__dict__", get_attributes, NULL, "The attributes of a leaf that are not the type's.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Node, weakrefs), READONLY, NULL},
    {"__dictoffset__", T_PYSSIZET, offsetof(Node, attributes), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

int sg_make_node_type(const PyType_Slot *operators)
{
    PyType_Slot slots[32] = {
        {Py_tp_doc, ""},
        {Py_tp_new, node_new},
        {Py_tp_dealloc, node_dealloc},
        {Py_tp_getset, properties},
        {Py_tp_members, members},
        {Py_tp_richcompare, node_compare},
        {Py_tp_hash, node_hash},
        {Py_tp_setattro, node_setattr},
        {Py_tp_traverse, node_traverse},
        {Py_tp_clear, node_clear},
    };
    int used = 10;
    for (int k = 0; operators[k].slot; k++)
        slots[used++] = operators[k];
    PyType_Spec spec = {"scalargrad.value.Value", sizeof(Node), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
    sg_node_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return sg_node_type != NULL;
}
