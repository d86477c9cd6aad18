/* The module scalargrad._node: Node, the functions that record, and those that need the GIL to finish what the pure C
 * core has computed. It shares a library with cffi's module scalargrad._core; core.py loads both. */
#include "block.h"
#include "history.h"
#include "node.h"
#include "scalargrad.h"
#include "sweep.h"

/* --- threads -------------------------------------------------------------------------------------------------------- */

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

/* mode(bits) -> the thread's mode before; None leaves it. */
static PyObject *py_mode(PyObject *module, PyObject *bits)
{
    (void)module;
    sg_thread *thread = sg_thread_now();
    if (!thread)
        return NULL;
    PyObject *before = PyLong_FromLong(thread->mode);
    if (bits != Py_None)
        thread->mode = (int)PyLong_AsLong(bits);
    return before;
}

/* --- nodes, looked at ------------------------------------------------------------------------------------------------- */

static int require_interior(PyObject *object)
{
    if (sg_is_node(object) && ((Node *)object)->graph)
        return 1;
    PyErr_SetString(PyExc_TypeError, "expected a Value that an operation made");
    return 0;
}

/* key(node) -> (serial number of the graph, index), or None for a leaf. */
static PyObject *py_key(PyObject *module, PyObject *object)
{
    (void)module;
    if (!sg_is_node(object) || !((Node *)object)->graph)
        Py_RETURN_NONE;
    const Node *node = (Node *)object;
    return Py_BuildValue("KI", (unsigned long long)node->graph->serial, node->index);
}

/* seal(node) -> (address of its graph, index), the graph closed. */
static PyObject *py_seal(PyObject *module, PyObject *object)
{
    (void)module;
    if (!require_interior(object))
        return NULL;
    Node *node = (Node *)object;
    sg_close(node->graph);
    return Py_BuildValue("KI", (unsigned long long)(uintptr_t)node->graph, node->index);
}

/* opcode(node) */
static PyObject *py_opcode(PyObject *module, PyObject *object)
{
    (void)module;
    if (!sg_is_node(object) || !((Node *)object)->graph)
        return PyLong_FromLong(SG_LEAF);
    return PyLong_FromLong(sg_opcode(((Node *)object)->graph, ((Node *)object)->index));
}

static PyObject *operand_object(sg_graph *graph, uint32_t operand)
{
    if (operand & SG_CONST)
        return PyFloat_FromDouble(sg_operand_value(graph, operand));
    if (graph->op[operand] == SG_LEAF) {
        PyObject *leaf = graph->leaves[graph->a[operand]].leaf;
        Py_INCREF(leaf);
        return leaf;
    }
    if (graph->op[operand] == SG_LINK) {
        sg_link link = graph->links[graph->a[operand]];
        return sg_new_interior(link.graph, link.index);
    }
    return sg_new_interior(graph, operand);
}

/* operands(node) -> list: leaves themselves, new handles for interior nodes, floats for constants. */
static PyObject *py_operands(PyObject *module, PyObject *object)
{
    (void)module;
    if (!require_interior(object))
        return NULL;
    const Node *node = (Node *)object;
    uint32_t n = sg_operand_count(node->graph, node->index);
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (uint32_t k = 0; list && k < n; k++) {
        PyObject *item = operand_object(node->graph, sg_operand(node->graph, node->index, k));
        if (!item)
            Py_CLEAR(list);
        else
            PyList_SetItem(list, (Py_ssize_t)k, item);
    }
    return list;
}

/* add_grad(leaf, amount): backward from a leaf. */
static PyObject *py_add_grad(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *object;
    double amount;
    if (!PyArg_ParseTuple(args, "Od", &object, &amount))
        return NULL;
    if (!sg_is_node(object) || ((Node *)object)->graph) {
        PyErr_SetString(PyExc_TypeError, "expected a leaf");
        return NULL;
    }
    ((Node *)object)->grad += amount;
    Py_RETURN_NONE;
}

/* --- commit ------------------------------------------------------------------------------------------------------------ */

/* commit(address of a report): hands the adjoints of its sweep over and frees the sweep. Nothing in it can fail or be
 * interrupted. */
static PyObject *py_commit(PyObject *module, PyObject *address)
{
    (void)module;
    sg_report *report = (sg_report *)(uintptr_t)PyLong_AsUnsignedLongLong(address);
    if (PyErr_Occurred())
        return NULL;
    sg_sweep_state *sweep = (sg_sweep_state *)report->sweep;
    sg_commit_graphs(sweep);
    for (uint32_t k = 0; k < sweep->leaf_count; k++)
        ((Node *)sweep->leaves[k].leaf)->grad += sweep->leaves[k].sum;
    sg_discard(report);
    Py_RETURN_NONE;
}

/* Lets the leaves of a finished sweep be found. 0: no memory. */
static int tabulate(sg_sweep_state *sweep)
{
    if (!sweep->alone)
        return 1;
    for (uint32_t k = sweep->leaf_positions.count; k < sweep->leaf_count; k++)
        if (!sg_map_add(&sweep->leaf_positions, sweep->leaves[k].leaf, k))
            return 0;
    sweep->alone = 0;
    return 1;
}

/* found(address of a report, block) -> the bytes of what its sweep has found for the block's items, 0.0 where it did not
 * come; None if it came to none of them. Commits nothing. */
static PyObject *py_found(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    if (n != 2 || Py_TYPE(args[1]) != sg_block_type)
        return PyErr_Format(PyExc_TypeError, "found(address, block)");
    const sg_report *report = (sg_report *)(uintptr_t)PyLong_AsUnsignedLongLong(args[0]);
    const Block *block = (Block *)args[1];
    if (PyErr_Occurred())
        return NULL;
    sg_sweep_state *sweep = (sg_sweep_state *)report->sweep;
    if (!tabulate(sweep))
        return PyErr_NoMemory();
    PyObject *bytes = block->items ? PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(block->count * sizeof(double))) : NULL;
    double *out = bytes ? (double *)(void *)PyBytes_AsString(bytes) : NULL;
    int any = 0;
    for (uint32_t k = 0; bytes && k < block->count; k++) {
        uint32_t at = sg_map_find(&sweep->leaf_positions, block->items[k]);
        out[k] = 0.0 + (at == SG_ABSENT ? 0.0 : sweep->leaves[at].sum);     /* the bits that a commit gives a grad of 0.0 */
        any |= at != SG_ABSENT;
    }
    if (any || PyErr_Occurred())
        return bytes;
    Py_XDECREF(bytes);
    Py_RETURN_NONE;
}

/* --- history ------------------------------------------------------------------------------------------------------------- */

static PyObject *bytes_of(const void *array, uint64_t count, size_t size)
{
    return PyBytes_FromStringAndSize(array, (Py_ssize_t)(count * size));
}

/* flatten(node) -> (ops, codes, values, grads, consts, leaves): bytes, and a list; see history.h. */
static PyObject *py_flatten(PyObject *module, PyObject *object)
{
    (void)module;
    if (!require_interior(object))
        return NULL;
    Node *node = (Node *)object;
    sg_record r;
    sg_close(node->graph);
    if (!sg_flatten(node->graph, node->index, &r))   /* under the GIL: it reads adjoints that a commit would change */
        return PyErr_NoMemory();
    PyObject *leaves = PyList_New((Py_ssize_t)r.leaf_count);
    for (uint64_t k = 0; leaves && k < r.leaf_count; k++) {
        Py_INCREF((PyObject *)r.leaves[k]);
        PyList_SetItem(leaves, (Py_ssize_t)k, r.leaves[k]);
    }
    PyObject *result = leaves ? Py_BuildValue("NNNNNN", bytes_of(r.ops, r.count, 1), bytes_of(r.codes, r.code_count, 8),
                                              bytes_of(r.values, r.count, 8), bytes_of(r.grads, r.count, 8),
                                              bytes_of(r.consts, r.const_count, 8), leaves)
                              : NULL;
    sg_record_free(&r);
    return result;
}

static void hold(void *leaf)
{
    Py_INCREF((PyObject *)leaf);
}

/* rebuild(ops, codes, values, grads, consts, leaves) -> the root; None for a malformed record. */
static PyObject *py_rebuild(PyObject *module, PyObject *args)
{
    (void)module;
    const char *ops, *codes, *values, *grads, *consts;
    Py_ssize_t count, code_bytes, value_bytes, grad_bytes, const_bytes;
    PyObject *leaves;
    for (Py_ssize_t k = 0; k < 5 && k < PyTuple_Size(args); k++)
        if (!PyBytes_Check(PyTuple_GetItem(args, k)))
            Py_RETURN_NONE;
    if (!PyArg_ParseTuple(args, "y#y#y#y#y#O", &ops, &count, &codes, &code_bytes, &values, &value_bytes, &grads,
                          &grad_bytes, &consts, &const_bytes, &leaves))
        return NULL;
    if (!PyList_Check(leaves) || value_bytes != 8 * count || grad_bytes != 8 * count || code_bytes % 8 ||
        const_bytes % 8 || count >= UINT32_MAX)
        Py_RETURN_NONE;
    sg_record r = {.count = (uint64_t)count, .code_count = (uint64_t)code_bytes / 8,
                   .const_count = (uint64_t)const_bytes / 8, .leaf_count = (uint64_t)PyList_Size(leaves),
                   .ops = (uint8_t *)ops, .values = (double *)values, .grads = (double *)grads,
                   .consts = (double *)consts, .codes = (uint64_t *)codes};
    r.leaves = sg_alloc(r.leaf_count * sizeof *r.leaves);
    if (!r.leaves)
        return PyErr_NoMemory();
    int malformed = 0;
    for (uint64_t k = 0; k < r.leaf_count; k++) {
        PyObject *leaf = PyList_GetItem(leaves, (Py_ssize_t)k);
        malformed |= !sg_is_node(leaf) || ((Node *)leaf)->graph;
        r.leaves[k] = leaf;
    }
    uint32_t index = 0;
    sg_graph *graph = malformed ? NULL : sg_rebuild(&r, hold, &index, &malformed);
    sg_free(r.leaves);
    if (!graph && malformed)
        Py_RETURN_NONE;
    PyObject *root = graph ? sg_new_interior(graph, index) : PyErr_NoMemory();
    if (graph)
        sg_release(graph);
    return root;
}

/* --- the module --------------------------------------------------------------------------------------------------------------- */

static void drop_leaf(void *leaf)
{
    Py_DECREF((PyObject *)leaf);
}

/* setup(number, refuse, construct, read_only, lift, recorded) */
static PyObject *py_setup(PyObject *module, PyObject *args)
{
    (void)module;
    sg_hooks hooks;
    if (!PyArg_ParseTuple(args, "OOOOOO", &hooks.number, &hooks.refuse, &hooks.construct, &hooks.read_only,
                          &hooks.lift, &hooks.recorded))
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

static PyMethodDef functions[] = {
    {"setup", py_setup, METH_VARARGS, NULL},
    {"apply", (PyCFunction)(void (*)(void))sg_py_apply, METH_FASTCALL, NULL},
    {"reduce", (PyCFunction)(void (*)(void))sg_py_reduce, METH_FASTCALL, NULL},
    {"mode", py_mode, METH_O, NULL},
    {"key", py_key, METH_O, NULL},
    {"seal", py_seal, METH_O, NULL},
    {"opcode", py_opcode, METH_O, NULL},
    {"operands", py_operands, METH_O, NULL},
    {"add_grad", py_add_grad, METH_VARARGS, NULL},
    {"commit", py_commit, METH_O, NULL},
    {"found", (PyCFunction)(void (*)(void))py_found, METH_FASTCALL, NULL},
    {"flatten", py_flatten, METH_O, NULL},
    {"rebuild", py_rebuild, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "scalargrad._node", NULL, -1, functions,
                                        NULL, NULL, NULL, NULL};

__attribute__((visibility("default"))) PyMODINIT_FUNC PyInit__node(void)
{
    sg_drop_leaf = drop_leaf;
    sg_simd_take(NULL);
    if ((!sg_node_type && !sg_make_node_type()) || (!sg_block_type && !sg_make_block_type()))
        return NULL;
    PyObject *module = PyModule_Create(&definition);
    if (module && PyModule_AddFunctions(module, sg_block_methods) < 0)
        Py_CLEAR(module);
    if (module && (PyModule_AddObjectRef(module, "Node", (PyObject *)sg_node_type) < 0 ||
                   PyModule_AddObjectRef(module, "Block", (PyObject *)sg_block_type) < 0))
        Py_CLEAR(module);
    return module;
}
