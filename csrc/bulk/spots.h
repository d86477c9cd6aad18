/* The few nodes of a product that are summed one by one. */
#ifndef SG_SPOTS_H
#define SG_SPOTS_H
#include "bulk/survey.h"

/* Adds all contributions to the nodes of which the survey says `many`. 0: no memory. */
int sg_pull_one_by_one(sg_product p, const sg_survey *s);

#endif
