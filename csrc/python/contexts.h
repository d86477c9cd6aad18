/* The type Context, from which no_grad, detect_anomaly and the like derive. Entering and leaving one is a single step,
 * as it is for a lock: no signal comes between the call and its effect, so a `with` statement undoes what it did. A
 * context may be entered several times, also in several threads, and left in any order: an exit ends the latest entry
 * of the context in this thread, or else in another one, as when a generator is finished there. */
#ifndef SG_CONTEXTS_H
#define SG_CONTEXTS_H
#include "python/api.h"

extern PyTypeObject *sg_context_type;
int sg_make_context_type(void);                                /* 0 with an exception */

#endif
