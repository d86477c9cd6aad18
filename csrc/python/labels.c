/* Labels of leaves and of interior nodes. */
#include "python/labels.h"

int sg_set_node_label(Node *node, PyObject *text)
{
    PyObject *kept = PyUnicode_GetLength(text) ? text : NULL;
    if (sg_graph_of(node)) {
        Py_XINCREF(kept);
        if (sg_set_label(node->graph, sg_index_of(node), kept))
            return 1;
        Py_XDECREF(kept);
        sg_no_memory();
        return 0;
    }
    if (!node->attributes && kept && !(node->attributes = PyDict_New()))
        return 0;
    if (kept)
        return PyDict_SetItemString(node->attributes, "label", kept) == 0;
    if (node->attributes && PyDict_GetItemString(node->attributes, "label"))
        return PyDict_DelItemString(node->attributes, "label") == 0;
    return 1;
}

/* label(node) -> str, which is empty if none was set. */
PyObject *sg_py_label(PyObject *module, PyObject *object)
{
    (void)module;
    PyObject *text = NULL;
    if (!sg_is_node(object))
        return PyErr_Format(PyExc_TypeError, "expected a Value");
    const Node *node = (Node *)object;
    if (sg_graph_of(node))
        text = sg_label(node->graph, sg_index_of(node));
    else if (node->attributes)
        text = PyDict_GetItemString(node->attributes, "label");
    if (!text)
        return PyUnicode_FromString("");
    Py_INCREF(text);
    return text;
}

/* set_label(node, str) */
PyObject *sg_py_set_label(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *object, *text;
    if (!PyArg_ParseTuple(args, "OU", &object, &text))
        return NULL;
    if (!sg_is_node(object))
        return PyErr_Format(PyExc_TypeError, "expected a Value");
    if (!sg_set_node_label((Node *)object, text))
        return NULL;
    Py_RETURN_NONE;
}
