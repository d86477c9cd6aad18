/* Pieces recorded again, as Python calls it. */
#ifndef SG_REPLAYS_H
#define SG_REPLAYS_H
#include "python/api.h"

PyObject *sg_py_replay(PyObject *module, PyObject *args);

#endif
