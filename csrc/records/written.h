/* The form of partials.h whose terms are nodes that a writer writes. adjoint.c and tangent.c each include it once. */
#include "records/writer.h"

#define SG_FORM sg_writer *
#define SG_TERM sg_term
#define SG_PRIMAL(form) (form)
#define SG_IS_CONSTANT(x) ((x).at == SG_NUMBER)
#define SG_NUMBER_OF(x) ((x).number)
#define SG_MAKE_CONSTANT(x) ((sg_term){SG_NUMBER, (x)})
#define SG_MAKE_TERM(form, x) sg_term_of((form), (x))
#define SG_EMIT(form, op, n, x, since) sg_write((form), (op), (n), (x), (since))
#define SG_EMIT_REDUCTION(form, op, n, x) sg_write_reduction((form), (op), (n), (x))
#define SG_PRESENT(form) ((form)->count)
#include "records/partials.h"
