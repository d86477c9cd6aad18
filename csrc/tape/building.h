/* Graphs built from a record of tape/history.h. */
#ifndef SG_BUILDING_H
#define SG_BUILDING_H
#include "tape/history.h"

/* Builds closed graphs from a record; `hold` is called for each reference to a leaf or label that they take. Writes its
 * roots, each with one reference to its graph; on failure returns 0, with *malformed telling a bad record from no
 * memory. */
int sg_rebuild(const sg_record *record, void (*hold)(void *object), sg_root *roots, int *malformed);

#endif
