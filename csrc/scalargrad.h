/* The functions of the C core that Python calls through cffi. csrc/build.py passes this file to cffi, without the
 * preprocessor's lines. cffi releases the GIL around each call. A graph is passed as its address, which
 * `_node.seal` gives; the caller keeps the Value, and with it the graph, alive. */
#ifndef SCALARGRAD_H
#define SCALARGRAD_H
#include <stdint.h>

/* A sweep. If it had `check` and met a nan or inf, also the node whose rule made that. */
typedef struct {
    uintptr_t sweep;         /* its address, until it is committed or discarded; else 0 */
    uint64_t graph;          /* serial number of its graph; 0: no nan or inf was met */
    uint32_t index;
    int opcode;
    uint32_t count;          /* of its operands */
    double operands[3];      /* the first of them */
} sg_report;

/* Sweeps from node `index` of `graph` with adjoint `seed`, in scratch. Nothing changes until Python commits. It does
 * not enter graphs that were closed up to the moment `since`; 0: it enters all. With `check` it stops at the first nan
 * or inf. The report keeps the sweep, so an exception between this call and the commit leaks nothing: `sg_discard`
 * frees a sweep that has not been committed. Returns 0 if memory ran out. */
int sg_sweep(uintptr_t graph, uint32_t index, double seed, int check, uint64_t since, sg_report *report);
void sg_discard(sg_report *report);
/* Whether what a sweep would add to the grads of leaves is finite. */
int sg_leaf_sums_finite(const sg_report *report);

/* The value and the k-th partial of a primitive of fixed arity; nan for any other opcode. */
double sg_value(int opcode, double x, double y, double w);
double sg_partial(int opcode, int k, double x, double y, double w, double z);

/* Counters for tests and benchmarks: graphs alive, and the bytes that one graph holds. */
uint64_t sg_graphs_alive(void);
uint64_t sg_graph_bytes(uintptr_t graph);

/* Makes the n-th allocation from now fail, and all after it, until called with -1. For tests. */
void sg_fail_after(int64_t n);

/* The kernels are compiled once per width of register; each is a path. sg_simd_path returns the name of the k-th path,
 * the widest last, or NULL if this CPU does not have it. sg_simd_taken returns the name of the path in use.
 * sg_simd_take takes another one, the widest for NULL; it returns 0 if this CPU has no path of that name. */
const char *sg_simd_path(int k);
const char *sg_simd_taken(void);
int sg_simd_take(const char *name);

#endif
