/* Operations on a matrix that have several results: det, slogdet, solve and cholesky. */
#ifndef SG_ARRAYS_JOINT_H
#define SG_ARRAYS_JOINT_H
#include "python/api.h"

PyObject *sg_py_joint(PyObject *module, PyObject *const *args, Py_ssize_t n);

#endif
