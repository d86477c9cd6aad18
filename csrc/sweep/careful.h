/* The careful sweep, for any graph. It visits only the nodes that are reached, and every product is the chain rule's
 * product. */
#ifndef SG_CAREFUL_H
#define SG_CAREFUL_H
#include "scalargrad.h"
#include "sweep/entries.h"

/* SG_QUICK: a nan in a bulk stops the sweep, which is then repeated as SG_CAREFUL. SG_CAREFUL: nothing stops it.
 * SG_CHECKED: the first nan or inf stops it and is described in the report. */
enum sg_manner { SG_QUICK, SG_CAREFUL, SG_CHECKED };

/* Sweeps the graph of a part. SG_DONE, SG_NO_MEMORY, SG_REPEAT or SG_NOT_FINITE. */
sg_outcome sg_sweep_careful(sg_sweep_state *sweep, sg_part part, enum sg_manner manner, sg_report *report);

#endif
