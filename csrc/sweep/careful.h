/* The careful sweep, of any graph: it visits only nodes that are reached, and every product is the chain rule's one
 * product. */
#ifndef SG_CAREFUL_H
#define SG_CAREFUL_H
#include "scalargrad.h"
#include "sweep/entries.h"

/* SG_QUICK: a nan that comes up in a bulk stops the sweep, which is then repeated with care; SG_CAREFUL: none does;
 * SG_CHECKED: the first nan or inf stops it and is described in the report. */
enum sg_manner { SG_QUICK, SG_CAREFUL, SG_CHECKED };

/* Sweeps the graph of a part. 1: done; 0: no memory; -1: stopped. */
int sg_sweep_careful(sg_sweep_state *sweep, sg_part part, enum sg_manner manner, sg_report *report);

#endif
