/* The functions of the C core that Python calls through cffi. csrc/build.py hands this file to cffi as it stands,
 * without the preprocessor's lines. cffi releases the GIL around each call. A graph is passed as its address, which
 * `_node.seal` gives; the caller keeps the Value, and with it the graph, alive. */
#ifndef SCALARGRAD_H
#define SCALARGRAD_H
#include <stdint.h>

/* A sweep, and where one with `check` met a nan or inf: the node whose rule made it. */
typedef struct {
    uintptr_t sweep;         /* its address, until it is committed or discarded; else 0 */
    uint64_t graph;          /* serial number of its graph; 0: none was made */
    uint32_t index;
    int opcode;
    uint32_t count;          /* of its operands */
    double operands[3];      /* the first of them */
} sg_report;

/* Sweeps from node `index` of `graph` with adjoint `seed`, in scratch: nothing is changed until Python commits. With
 * `check` it stops at the first nan or inf. Fills the report, which keeps the sweep, so that an exception that comes
 * between this call and the next loses nothing: `sg_discard` frees what has not been committed. 0 without memory. */
int sg_sweep(uintptr_t graph, uint32_t index, double seed, int check, sg_report *report);
void sg_discard(sg_report *report);

/* The value and the k-th partial of a primitive of fixed arity; nan for any other opcode. */
double sg_value(int opcode, double x, double y, double w);
double sg_partial(int opcode, int k, double x, double y, double w, double z);

/* Counters for tests and benchmarks: graphs alive, and the bytes that one graph holds. */
uint64_t sg_graphs_alive(void);
uint64_t sg_graph_bytes(uintptr_t graph);

/* Makes the n-th allocation from now fail, and all after it, until called with -1. For tests. */
void sg_fail_after(int64_t n);

/* The kernels are compiled for each width of register: a path. The name of the k-th that this CPU has, the widest last,
 * or NULL; that of the one in use; and taking another, the widest for NULL: 0 if this CPU has none of that name. */
const char *sg_simd_path(int k);
const char *sg_simd_taken(void);
int sg_simd_take(const char *name);

#endif
