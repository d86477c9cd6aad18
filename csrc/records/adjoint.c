/* The adjoint of a record. */
#include "records/adjoint.h"

#include <math.h>

#include "records/written.h"

#define SG_IS_NOTHING(x) ((x).at == SG_NOTHING)
#define SG_MAKE_NOTHING ((sg_term){SG_NOTHING, 0.0})
#include "records/reverse.h"

static sg_written sweep_all(reverse *r, sg_writer *w, const uint64_t *wanted, uint64_t wanted_count,
                            const sg_term *seeds, uint64_t sweep_count, sg_term *results)
{
    for (uint64_t sweep = 0; sweep < sweep_count; sweep++, seeds += w->root_count) {
        sg_written written = sweep_back(r, w, seeds);
        if (written != SG_WRITTEN || w->failed)
            return w->failed ? SG_WRITTEN_NOT : written;
        for (uint64_t k = 0; k < wanted_count; k++) {
            sg_term found = wanted[k] < r->leaf_count ? r->leaves[wanted[k]] : SG_MAKE_NOTHING;
            *results++ = SG_IS_NOTHING(found) ? SG_MAKE_CONSTANT(0.0) : found;
        }
    }
    return SG_WRITTEN;
}

sg_written sg_adjoint_of(const sg_record *record, const uint64_t *wanted, uint64_t wanted_count, const sg_seed *seeds,
                         uint64_t sweep_count, sg_writer *w, sg_term **results)
{
    sg_written written = sg_writer_read(w, record);
    *results = NULL;
    if (written != SG_WRITTEN)
        return written;
    reverse r = {0};
    uint64_t seed_count = w->root_count * sweep_count;
    sg_term *starts = sg_alloc(seed_count * sizeof *starts);
    *results = sg_alloc(wanted_count * sweep_count * sizeof **results);
    written = SG_WRITTEN_NOT;
    if (starts && *results && begin_reverse(&r, w, (uint32_t)record->leaf_count, wanted, wanted_count) &&
        (written = sg_writer_seeds(w, seeds, seed_count, starts)) == SG_WRITTEN)
        written = sweep_all(&r, w, wanted, wanted_count, starts, sweep_count, *results);
    end_reverse(&r);
    sg_free(starts);
    return written;
}
