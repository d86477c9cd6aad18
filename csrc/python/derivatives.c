/* Derivatives of records, as Python calls them: None is returned for what Python does itself, or refuses. */
#include "python/derivatives.h"

#include <string.h>

#include "records/adjoint.h"
#include "records/compile.h"
#include "records/curvature.h"
#include "records/tangent.h"
#include "tape/memory.h"

/* The items of a bytes object, and their number. 0: it is none, or ends within an item. */
static int read_part(PyObject *object, void *items, uint64_t *count, size_t size)
{
    if (!PyBytes_Check(object) || (size_t)PyBytes_Size(object) % size)
        return 0;
    char *bytes = PyBytes_AsString(object);
    memcpy(items, &bytes, sizeof bytes);
    *count = (size_t)PyBytes_Size(object) / size;
    return 1;
}

int sg_read_record(PyObject *object, sg_record *r)
{
    uint64_t value_count, grad_count;
    memset(r, 0, sizeof *r);
    if (!PyTuple_Check(object) || PyTuple_Size(object) < 7)
        return 0;
    PyObject *leaves = PyTuple_GetItem(object, 6);
    if (!PyList_Check(leaves) || !read_part(PyTuple_GetItem(object, 0), &r->ops, &r->count, 1) ||
        !read_part(PyTuple_GetItem(object, 1), &r->codes, &r->code_count, 8) ||
        !read_part(PyTuple_GetItem(object, 2), &r->values, &value_count, 8) ||
        !read_part(PyTuple_GetItem(object, 3), &r->grads, &grad_count, 8) ||
        !read_part(PyTuple_GetItem(object, 4), &r->consts, &r->const_count, 8) ||
        !read_part(PyTuple_GetItem(object, 5), &r->roots, &r->root_count, 8))
        return 0;
    r->leaf_count = (uint64_t)PyList_Size(leaves);
    return value_count == r->count && (grad_count == r->count || !grad_count);
}

static PyObject *bytes_of(uint64_t count, size_t size, const void *items, void *target)
{
    PyObject *bytes = PyBytes_FromStringAndSize(items, (Py_ssize_t)(count * size));
    char *at = bytes ? PyBytes_AsString(bytes) : NULL;
    if (target)
        memcpy(target, &at, sizeof at);
    return bytes;
}

/* The parts of the record of all that was written. */
static PyObject *parts_of(const sg_writer *w, const sg_term *results, uint64_t count, PyObject *leaves)
{
    uint64_t code_count, const_count, *codes, *root_codes;
    double *const_numbers;
    sg_writer_count(w, results, count, &code_count, &const_count);
    PyObject *ops = bytes_of(w->count, 1, w->kinds, NULL), *values = bytes_of(w->count, 8, w->values, NULL);
    PyObject *code_bytes = bytes_of(code_count, 8, NULL, &codes), *grads = bytes_of(0, 8, NULL, NULL);
    PyObject *consts = bytes_of(const_count, 8, NULL, &const_numbers), *roots = bytes_of(count, 8, NULL, &root_codes);
    PyObject *copy = PyList_GetSlice(leaves, 0, PyList_Size(leaves));
    PyObject *parts = NULL;
    if (ops && values && code_bytes && grads && consts && roots && copy) {
        sg_writer_fill(w, results, count, codes, const_numbers, root_codes);
        parts = PyTuple_Pack(7, ops, code_bytes, values, grads, consts, roots, copy);
    }
    Py_XDECREF(ops);
    Py_XDECREF(values);
    Py_XDECREF(code_bytes);
    Py_XDECREF(grads);
    Py_XDECREF(consts);
    Py_XDECREF(roots);
    Py_XDECREF(copy);
    return parts;
}

/* What a transformation returns: the parts of its record, None for Python to do it or to refuse, or an exception. */
static PyObject *finish(sg_written written, sg_writer *w, sg_term *results, uint64_t count, PyObject *leaves)
{
    PyObject *parts = NULL;
    if (written == SG_WRITTEN)
        parts = parts_of(w, results, count, leaves);
    else if (written == SG_WRITTEN_NOT)
        sg_no_memory();
    else
        Py_INCREF(parts = Py_None);
    sg_writer_free(w);
    sg_free(results);
    return parts;
}

/* A seed: a float, or an int, the number of a leaf. 0 with an exception. */
static int read_seed(PyObject *object, sg_seed *seed)
{
    if (PyLong_Check(object)) {
        *seed = (sg_seed){PyLong_AsUnsignedLongLong(object) & ~SG_CODE_CONST, 0.0};
        return !PyErr_Occurred();
    }
    if (!PyFloat_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "a seed is a float, or an int, the number of a leaf");
        return 0;
    }
    *seed = (sg_seed){SG_CODE_CONST, PyFloat_AsDouble(object)};
    return 1;
}

/* The leaves whose numbers a list has. NULL with an exception. */
static uint64_t *read_wanted(PyObject *list, uint64_t *count)
{
    *count = (uint64_t)PyList_Size(list);
    uint64_t *wanted = sg_alloc(*count * sizeof *wanted);
    if (!wanted)
        sg_no_memory();
    for (uint64_t k = 0; wanted && k < *count; k++) {
        PyObject *item = PyList_GetItem(list, (Py_ssize_t)k);
        if (!PyLong_Check(item))
            PyErr_SetString(PyExc_TypeError, "the number of a leaf is an int");
        else
            wanted[k] = PyLong_AsUnsignedLongLong(item);
        if (PyErr_Occurred()) {
            sg_free(wanted);
            return NULL;
        }
    }
    return wanted;
}

/* A list of lists of `width` seeds, one after the other. NULL with an exception. */
static sg_seed *read_seed_rows(PyObject *rows, uint64_t width)
{
    uint64_t count = (uint64_t)PyList_Size(rows);
    sg_seed *seeds = sg_alloc(count * width * sizeof *seeds);
    if (!seeds)
        sg_no_memory();
    for (uint64_t k = 0; seeds && k < count * width; k++) {
        PyObject *row = PyList_GetItem(rows, (Py_ssize_t)(k / width));
        if (!PyList_Check(row) || (uint64_t)PyList_Size(row) != width)
            PyErr_SetString(PyExc_TypeError, "a sweep has a list of seeds, one per root");
        else
            read_seed(PyList_GetItem(row, (Py_ssize_t)(k % width)), &seeds[k]);
        if (PyErr_Occurred()) {
            sg_free(seeds);
            return NULL;
        }
    }
    return seeds;
}

/* adjoint(record, wanted, seeds) -> the parts of the adjoint record; see records/adjoint.py. */
PyObject *sg_py_adjoint(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *object, *wanted_list, *rows;
    sg_record record;
    sg_writer writer = {0};
    sg_term *results = NULL;
    uint64_t wanted_count;
    if (!PyArg_ParseTuple(args, "OO!O!", &object, &PyList_Type, &wanted_list, &PyList_Type, &rows))
        return NULL;
    if (!sg_read_record(object, &record))
        Py_RETURN_NONE;
    uint64_t *wanted = read_wanted(wanted_list, &wanted_count);
    sg_seed *seeds = wanted ? read_seed_rows(rows, record.root_count) : NULL;
    uint64_t sweeps = (uint64_t)PyList_Size(rows);
    sg_written written = SG_WRITTEN_NOT;
    if (seeds) {
        Py_BEGIN_ALLOW_THREADS;
        written = sg_adjoint_of(&record, wanted, wanted_count, seeds, sweeps, &writer, &results);
        Py_END_ALLOW_THREADS;
    }
    sg_free(wanted);
    sg_free(seeds);
    if (!seeds)
        return NULL;
    return finish(written, &writer, results, wanted_count * sweeps, PyTuple_GetItem(object, 6));
}

/* Reads a list of dicts, {number of a leaf: tangent}. 0 with an exception. */
static int read_directions(PyObject *list, sg_directions *directions)
{
    uint64_t count = (uint64_t)PyList_Size(list), total = 0, found = 0;
    for (uint64_t d = 0; d < count; d++) {
        PyObject *dict = PyList_GetItem(list, (Py_ssize_t)d);
        if (!PyDict_Check(dict)) {
            PyErr_SetString(PyExc_TypeError, "a direction is a dict of tangents by the numbers of leaves");
            return 0;
        }
        total += (uint64_t)PyDict_Size(dict);
    }
    uint64_t *ends = sg_alloc(count * sizeof *ends), *leaves = sg_alloc(total * sizeof *leaves);
    sg_seed *tangents = sg_alloc(total * sizeof *tangents);
    *directions = (sg_directions){count, ends, leaves, tangents};
    if (!ends || !leaves || !tangents) {
        sg_no_memory();
        return 0;
    }
    for (uint64_t d = 0; d < count; d++) {
        Py_ssize_t at = 0;
        PyObject *leaf, *tangent;
        while (PyDict_Next(PyList_GetItem(list, (Py_ssize_t)d), &at, &leaf, &tangent)) {
            leaves[found] = PyLong_Check(leaf) ? PyLong_AsUnsignedLongLong(leaf) : UINT64_MAX;
            if (PyErr_Occurred() || !read_seed(tangent, &tangents[found++]))
                return 0;
        }
        ends[d] = found;
    }
    return 1;
}

/* tangent(record, directions) -> the parts of the tangent record; see records/tangent.py. */
PyObject *sg_py_tangent(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *object, *list;
    sg_record record;
    sg_writer writer = {0};
    sg_term *results = NULL;
    sg_directions directions = {0};
    if (!PyArg_ParseTuple(args, "OO!", &object, &PyList_Type, &list))
        return NULL;
    if (!sg_read_record(object, &record))
        Py_RETURN_NONE;
    int read = read_directions(list, &directions);
    sg_written written = SG_WRITTEN_NOT;
    if (read) {
        Py_BEGIN_ALLOW_THREADS;
        written = sg_tangent_of(&record, &directions, &writer, &results);
        Py_END_ALLOW_THREADS;
    }
    uint64_t count = directions.count * record.root_count;
    sg_free((void *)directions.ends);
    sg_free((void *)directions.leaves);
    sg_free((void *)directions.tangents);
    return read ? finish(written, &writer, results, count, PyTuple_GetItem(object, 6)) : NULL;
}

/* curvature(record, wanted, seeds, directions) -> the bytes of doubles; see records/curvature.py. The seeds and the
 * directions are bytes of doubles. */
PyObject *sg_py_curvature(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *object, *wanted_list, *seed_bytes, *direction_bytes;
    sg_record record;
    uint64_t wanted_count, seed_count, number_count;
    const double *seeds, *directions;
    double *out;
    if (!PyArg_ParseTuple(args, "OO!OO", &object, &PyList_Type, &wanted_list, &seed_bytes, &direction_bytes))
        return NULL;
    if (!sg_read_record(object, &record))
        Py_RETURN_NONE;
    uint64_t *wanted = read_wanted(wanted_list, &wanted_count);
    if (!wanted)
        return NULL;
    if (!read_part(seed_bytes, &seeds, &seed_count, 8) || !read_part(direction_bytes, &directions, &number_count, 8) ||
        seed_count != record.root_count || (wanted_count ? number_count % wanted_count : number_count)) {
        sg_free(wanted);
        return PyErr_Format(PyExc_TypeError, "a seed per root, and for each direction a number per leaf");
    }
    PyObject *result = bytes_of(number_count, 8, NULL, &out);
    sg_written written = SG_WRITTEN_NOT;
    if (result) {
        uint64_t count = wanted_count ? number_count / wanted_count : 0;
        Py_BEGIN_ALLOW_THREADS;
        written = sg_curvature(&record, wanted, wanted_count, seeds, directions, count, out);
        Py_END_ALLOW_THREADS;
    }
    sg_free(wanted);
    if (written == SG_WRITTEN || !result)
        return result;
    Py_DECREF(result);
    if (written == SG_WRITTEN_NOT)
        return sg_no_memory();
    Py_RETURN_NONE;
}

/* --- programs ---------------------------------------------------------------------------------------------------- */

#define PROGRAM "scalargrad._node.program"

static void free_capsule(PyObject *capsule)
{
    sg_program_free(PyCapsule_GetPointer(capsule, PROGRAM));
}

/* program(record, places) -> what run() takes, and how many bytes of memory that takes; None for a record that is none,
 * or too large. The places of roots are the bytes of 64-bit integers. */
PyObject *sg_py_program(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *object;
    const char *places;
    Py_ssize_t bytes;
    sg_record record;
    sg_program *program = NULL;
    sg_written written;
    if (!PyArg_ParseTuple(args, "Oy#", &object, &places, &bytes))
        return NULL;
    if (!sg_read_record(object, &record))
        Py_RETURN_NONE;
    Py_BEGIN_ALLOW_THREADS;
    written = sg_program_of(&record, (const uint64_t *)places, (uint64_t)bytes / 8, &program);
    Py_END_ALLOW_THREADS;
    if (written == SG_WRITTEN_NOT)
        return sg_no_memory();
    if (written != SG_WRITTEN)
        Py_RETURN_NONE;
    PyObject *capsule = PyCapsule_New(program, PROGRAM, free_capsule);
    if (capsule)
        return Py_BuildValue("Nn", capsule, (Py_ssize_t)program->bytes);
    sg_program_free(program);
    return NULL;
}

/* run(program, numbers) -> the bytes of the doubles that it computes. So are the numbers of the leaves. */
PyObject *sg_py_run(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *capsule;
    const char *numbers;
    Py_ssize_t bytes;
    if (!PyArg_ParseTuple(args, "Oy#", &capsule, &numbers, &bytes))
        return NULL;
    const sg_program *program = PyCapsule_GetPointer(capsule, PROGRAM);
    if (!program)
        return NULL;
    if ((uint64_t)bytes / 8 != program->input_count || bytes % 8)
        return PyErr_Format(PyExc_TypeError, "a program takes a number per leaf of its record");
    PyObject *result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)program->out_count * 8);
    if (!result)
        return NULL;
    int done;
    double *out = (double *)(void *)PyBytes_AsString(result);
    Py_BEGIN_ALLOW_THREADS;
    done = sg_program_run(program, (const double *)(const void *)numbers, out);
    Py_END_ALLOW_THREADS;
    if (done)
        return result;
    Py_DECREF(result);
    return sg_no_memory();
}
