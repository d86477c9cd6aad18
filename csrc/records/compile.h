/* Makes programs of records. What the roots do not need is left out, and what is the same is computed once. Operations
 * of one kind that do not wait for each other run together, in one loop. A program has the bits of its record. */
#ifndef SG_COMPILE_H
#define SG_COMPILE_H
#include "records/program.h"
#include "records/writer.h"

/* Makes the program that computes the roots at `places`. The numbers in the record do not matter. */
sg_written sg_program_of(const sg_record *record, const uint64_t *places, uint64_t place_count, sg_program **program);

#endif
