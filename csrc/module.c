/* The module scalargrad._node: the types Node, Block, View and Context, and all functions that Python calls without
 * cffi. It is in the same library as cffi's module scalargrad._core; core.py loads both. */
#include "arrays/arrays.h"
#include "arrays/block.h"
#include "arrays/found.h"
#include "arrays/joint.h"
#include "arrays/pieces.h"
#include "arrays/rows.h"
#include "arrays/update.h"
#include "arrays/view.h"
#include "python/api.h"
#include "python/contexts.h"
#include "python/derivatives.h"
#include "python/graphs.h"
#include "python/labels.h"
#include "python/node.h"
#include "python/operators.h"
#include "python/records.h"
#include "python/replays.h"
#include "python/thread.h"
#include "python/upcalls.h"
#include "scalargrad.h"

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL, NULL
static PyMethodDef functions[] = {
    {"upcall", sg_py_upcall, METH_VARARGS, NULL},           /* python/upcalls.c */
    {"mode", sg_py_mode, METH_NOARGS, NULL},                /* python/thread.c */
    {"watchers", sg_py_watchers, METH_NOARGS, NULL},
    {"apply", FAST(sg_py_apply)},                           /* python/operators.c */
    {"reduce", FAST(sg_py_reduce)},
    {"key", sg_py_key, METH_O, NULL},                       /* python/graphs.c */
    {"seal", sg_py_seal, METH_O, NULL},
    {"opcode", sg_py_opcode, METH_O, NULL},
    {"operands", sg_py_operands, METH_O, NULL},
    {"operand_values", sg_py_operand_values, METH_O, NULL},
    {"place", sg_py_place, METH_O, NULL},
    {"partials", sg_py_partials, METH_O, NULL},
    {"add_grad", sg_py_add_grad, METH_VARARGS, NULL},
    {"commit", sg_py_commit, METH_O, NULL},
    {"found", FAST(sg_py_found)},                           /* arrays/found.c */
    {"label", sg_py_label, METH_O, NULL},                   /* python/labels.c */
    {"set_label", sg_py_set_label, METH_VARARGS, NULL},
    {"flatten", FAST(sg_py_flatten)},                       /* python/records.c */
    {"rebuild", sg_py_rebuild, METH_VARARGS, NULL},
    {"adjoint", sg_py_adjoint, METH_VARARGS, NULL},         /* python/derivatives.c */
    {"tangent", sg_py_tangent, METH_VARARGS, NULL},
    {"hvps", sg_py_curvature, METH_VARARGS, NULL},
    {"program", sg_py_program, METH_VARARGS, NULL},
    {"run", sg_py_run, METH_VARARGS, NULL},
    {"replay", sg_py_replay, METH_VARARGS, NULL},           /* python/replays.c */
    {"moment", sg_py_moment, METH_NOARGS, NULL},            /* arrays/pieces.c */
    {"extract", sg_py_extract, METH_VARARGS, NULL},
    {"sketch", sg_py_sketch, METH_VARARGS, NULL},
    {"block", sg_py_block, METH_O, NULL},                   /* arrays/block.c */
    {"doubles", sg_py_doubles, METH_VARARGS, NULL},
    {"new_leaves", sg_py_new_leaves, METH_O, NULL},
    {"item", FAST(sg_py_item)},
    {"take", sg_py_take, METH_VARARGS, NULL},
    {"leaves", sg_py_leaves, METH_O, NULL},
    {"whole", FAST(sg_py_whole)},                           /* arrays/view.c */
    {"numbers", sg_py_numbers, METH_O, NULL},
    {"grads", sg_py_grads, METH_O, NULL},
    {"items", sg_py_items, METH_O, NULL},
    {"rows_at", FAST(sg_py_rows_at)},
    {"set_leaves", FAST(sg_py_set_leaves)},
    {"elementwise", FAST(sg_py_elementwise)},               /* arrays/arrays.c */
    {"product", FAST(sg_py_product)},
    {"plain_product", FAST(sg_py_plain_product)},
    {"reduce_rows", FAST(sg_py_reduce_rows)},               /* arrays/rows.c */
    {"reduce_rows_data", FAST(sg_py_reduce_rows_data)},
    {"joint", FAST(sg_py_joint)},                           /* arrays/joint.c */
    {"sgd_step", sg_py_sgd_step, METH_VARARGS, NULL},       /* arrays/update.c */
    {"adam_step", sg_py_adam_step, METH_VARARGS, NULL},
    {"clear_grads", sg_py_clear_grads, METH_O, NULL},
    {"scale_grads", sg_py_scale_grads, METH_VARARGS, NULL},
    {"limit_grads", sg_py_limit_grads, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

/* Of size 0, so that every import calls PyInit__node: with -1, a second interpreter would get the first's objects. */
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "scalargrad._node", NULL, 0, functions, NULL, NULL, NULL, NULL};

/* The types and the upcalls belong to the first interpreter of the process that loads the core. 0 with an exception. */
static int is_owner(void)
{
    static int64_t owner = -1;
    int64_t id = PyInterpreterState_GetID(PyInterpreterState_Get());
    if (id < 0)
        return 0;
    if (owner < 0)
        owner = id;
    if (owner == id)
        return 1;
    PyErr_SetString(PyExc_ImportError, "the C core runs in one interpreter of a process, and another has loaded it");
    return 0;
}

static void decref(void *object)
{
    Py_DECREF((PyObject *)object);
}

__attribute__((visibility("default"))) PyMODINIT_FUNC PyInit__node(void)
{
    if (!is_owner())
        return NULL;
    sg_drop_object = decref;
    sg_simd_take(NULL);
    if (!sg_import_convert() || (!sg_node_type && !sg_make_node_type(sg_operators)) ||
        (!sg_block_type && !sg_make_block_type()) || (!sg_view_type && !sg_make_view_type()) ||
        (!sg_context_type && !sg_make_context_type()))
        return NULL;
    PyObject *module = PyModule_Create(&definition);
    if (module && (PyModule_AddObjectRef(module, "Node", (PyObject *)sg_node_type) < 0 ||
                   PyModule_AddObjectRef(module, "Block", (PyObject *)sg_block_type) < 0 ||
                   PyModule_AddObjectRef(module, "View", (PyObject *)sg_view_type) < 0 ||
                   PyModule_AddObjectRef(module, "Context", (PyObject *)sg_context_type) < 0))
        Py_CLEAR(module);
    return module;
}
