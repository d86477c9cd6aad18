/* The quick sweep. It requires that every node of the graph, or every node up to the root, is reached. So it does not
 * check whether a node is reached. The adjoints begin at -0.0, which is neutral, so it only has to add.
 *
 * Products are IEEE's. If the chain rule's product would differ, the IEEE product is a nan. A nan reaches at least one
 * entry, because every node has an operand that is not a constant, and nan times anything is nan. If an entry has a
 * nan, everything is swept again by the careful sweep. */
#include "sweep/dense.h"

#include <math.h>
#include <string.h>

#include "bulk/pull.h"
#include "tape/memory.h"

/* What the pass reads, by value. Through a pointer, it would have to be read again after every store. */
typedef struct {
    const sg_graph *graph;
    const double *val, *consts;
    const uint32_t *a, *b;
    const uint8_t *op;
    double *adj;
} dense_pass;

#define SG_PASS dense_pass
#define SG_TIMES(d, partial) ((d) * (partial))
#define SG_ACCUMULATE(operand, product) v.adj[operand] += (product)
#include "sweep/rules.h"

/* --- a node ------------------------------------------------------------------------------------------------------- */

/* Adds to a node. If that is the next to be visited, its adjoint also stays in a register: in a chain, waiting for the
 * store would take most of the time. */
#define ADD_NODE(operand, product)                                                                                     \
    do {                                                                                                               \
        double sum = adj[operand] + (product);                                                                         \
        adj[operand] = sum;                                                                                            \
        if ((operand) == i - 1)                                                                                        \
            next = sum;                                                                                                \
    } while (0)

#define DENSE_1(name, code)                                                                                            \
    case code:                                                                                                         \
        ADD_NODE(a, SG_PRODUCT_##name##_0(d, val[a], val[i]));                                                         \
        break;
#define DENSE_2(name, code)                                                                                            \
    case code:                                                                                                         \
        if (!((a | b) & SG_CONST)) {                                                                                   \
            ADD_NODE(a, SG_PRODUCT_##name##_0(d, val[a], val[b], val[i]));                                             \
            ADD_NODE(b, SG_PRODUCT_##name##_1(d, val[a], val[b], val[i]));                                             \
        } else if (b & SG_CONST) {                                                                                     \
            ADD_NODE(a, SG_PRODUCT_##name##_0(d, val[a], number_in(v, b), val[i]));                                    \
        } else {                                                                                                       \
            ADD_NODE(b, SG_PRODUCT_##name##_1(d, number_in(v, a), val[b], val[i]));                                    \
        }                                                                                                              \
        break;

/* --- runs of sums and products ------------------------------------------------------------------------------------ */

#define IS_SIMPLE(op) ((uint32_t)(op) - SG_ADD <= SG_MUL - SG_ADD)      /* add, sub, mul: these rows stand together */
_Static_assert(SG_SUB == SG_ADD + 1 && SG_MUL == SG_SUB + 1, "IS_SIMPLE needs add, sub and mul in a row");

/* Sweeps node i and the nodes below it while they are sums, differences, products and relus. Returns the first other
 * node. (There is one, because node 0 is an entry.) This loop has no call and no switch, so its variables stay in
 * registers.
 *
 * `acc + w * x`, where the product was recorded just before the sum, takes one turn. The adjoint of the product is
 * then in a register; so is the adjoint of acc, if acc is the node before the product, as in a running sum. */
static __attribute__((noinline)) uint64_t sweep_run(const double *val, const double *consts, const uint32_t *as,
                                                    const uint32_t *bs, const uint8_t *ops, double *adj, uint64_t i)
{
    double d = adj[i];
    for (;;) {
        uint64_t a = as[i], b = bs[i];
        int op = ops[i];
        if (b == i - 1 && ops[b] == SG_MUL && op == SG_ADD) {
            uint64_t p = as[b], q = bs[b];
            if (!((a | p) & SG_CONST)) {
                double sum = adj[a] + SG_PRODUCT_add_0(d, val[a], val[b], val[i]);
                adj[a] = sum;
                d = adj[b] + SG_PRODUCT_add_1(d, val[a], val[b], val[i]);
                adj[b] = d;
                i -= 2;
                if (q & SG_CONST) {
                    adj[p] += SG_PRODUCT_mul_0(d, val[p], consts[q & ~SG_CONST], val[b]);
                    d = a == i && p != i ? sum : adj[i];
                    continue;
                }
                adj[p] += SG_PRODUCT_mul_0(d, val[p], val[q], val[b]);
                adj[q] += SG_PRODUCT_mul_1(d, val[p], val[q], val[b]);
                d = a == i && p != i && q != i ? sum : adj[i];
                continue;
            }
        }
        double next = adj[(int64_t)i - 1];
        if (op == SG_RELU) {
            /* volatile: else the compiler makes a branch, which the processor mispredicts half of the time */
            volatile double partial = sg_partial_relu_0(val[a], val[i]);
            ADD_NODE(a, SG_TIMES(d, partial));
        } else if ((a | b) & SG_CONST) {
            if (!IS_SIMPLE(op))
                return i;
            if (b & SG_CONST)
                ADD_NODE(a, op == SG_MUL ? d * consts[b & ~SG_CONST] : d);
            else
                ADD_NODE(b, op == SG_MUL ? d * consts[a & ~SG_CONST] : op == SG_ADD ? d : -d);
        } else if (op == SG_MUL) {
            ADD_NODE(a, SG_PRODUCT_mul_0(d, val[a], val[b], val[i]));
            ADD_NODE(b, SG_PRODUCT_mul_1(d, val[a], val[b], val[i]));
        } else if (op == SG_ADD || op == SG_SUB) {
            ADD_NODE(a, d);
            ADD_NODE(b, op == SG_ADD ? d : -d);
        } else {
            return i;
        }
        d = next;
        i--;
    }
}

/* --- the whole of a graph ----------------------------------------------------------------------------------------- */

/* Initialises the scratch: neutral sums, except for nodes that are reached from other graphs, and for entries, which
 * continue the sums of their leaves and linked nodes. */
static void prepare(sg_sweep_state *sweep, sg_part part)
{
    const sg_graph *graph = part.graph;
    uint32_t count = part.dense;
    double *adj = part.scratch.adj;
    if (!part.neutral) {
        for (uint32_t i = 0; i < count; i++)
            adj[i] = sg_reached(&part.scratch, i) ? adj[i] : -0.0;
        memset(part.scratch.blocks, 1, (count - 1) / 64 + 1);
    }
    if (sweep->leaf_count)
        for (uint32_t k = 0; k < graph->leaf_count && graph->leaves[k].entry < count; k++)
            adj[graph->leaves[k].entry] = sg_running_sum(sweep, graph, graph->leaves[k].entry);
    if (sweep->walk.count > 1)
        for (uint32_t k = 0; k < graph->link_count && graph->links[k].entry < count; k++)
            adj[graph->links[k].entry] = sg_running_sum(sweep, graph, graph->links[k].entry);
}

sg_outcome sg_sweep_dense(sg_sweep_state *sweep, sg_part part)
{
    const sg_graph *graph = part.graph;
    uint32_t count = part.dense, leaves = sweep->leaf_count + graph->leaf_count;
    if (!sg_grow_array((void **)&sweep->leaves, &sweep->leaf_capacity, leaves, sizeof *sweep->leaves))
        return SG_NO_MEMORY;
    prepare(sweep, part);
    const double *val = graph->val;
    const uint32_t *as = graph->a, *bs = graph->b;
    const uint8_t *ops = graph->op;
    double *adj = part.scratch.adj;
    dense_pass v = {graph, val, graph->consts, as, bs, ops, adj};
    double next = adj[count - 1];
    for (uint64_t i = count; i-- > 0;) {
        double d = next;
        uint64_t a = as[i], b = bs[i];
        int op = ops[i];
        sg_outcome outcome;
        next = adj[(int64_t)i - 1];           /* one word before adj[0] belongs to the block */
        /* most nodes of most graphs; a branch is cheaper here than the switch's jump */
        if (IS_SIMPLE(op) && !((a | b) & SG_CONST)) {
            if (IS_SIMPLE(ops[i - 1])) {
                i = sweep_run(val, graph->consts, as, bs, ops, adj, i) + 1;
                next = adj[i - 1];
            } else if (op == SG_MUL) {
                ADD_NODE(a, SG_PRODUCT_mul_0(d, val[a], val[b], val[i]));
                ADD_NODE(b, SG_PRODUCT_mul_1(d, val[a], val[b], val[i]));
            } else {
                ADD_NODE(a, d);
                ADD_NODE(b, op == SG_ADD ? d : -d);
            }
            continue;
        }
        switch (op) {
            SG_ROWS_1(DENSE_1)
            SG_ROWS_2(DENSE_2)
        case SG_LEAF:
        case SG_LINK:
            if (isnan(d))
                return SG_REPEAT;
            if (sweep->fresh && op == SG_LEAF) {       /* there is room for all of them */
                sweep->leaves[sweep->leaf_count++] = (sg_leaf_sum){graph->leaves[a].leaf, d, graph->serial};
                break;
            }
            if ((outcome = sg_pass_on(sweep, graph, (uint32_t)i, d)) != SG_DONE)
                return outcome;
            break;
            SG_ROWS_3(SG_CASE)
            visit_ternary(v, (uint32_t)i, d);
            next = adj[(int64_t)i - 1];
            break;
        case SG_SUM:
        case SG_DOT:
        case SG_MAX:
        case SG_MIN:
        case SG_LOGSUMEXP:
        case SG_CUSTOM:
        case SG_RULED:
        case SG_MEAN:
        case SG_PROD:
        case SG_NORM:
            visit_reduction(v, (uint32_t)i, d);
            next = adj[(int64_t)i - 1];
            break;
            SG_JOINTS(SG_CASE)
            if (visit_joint(v, (uint32_t)i) == SG_NO_MEMORY)
                return SG_NO_MEMORY;
            next = adj[(int64_t)i - 1];
            break;
        case SG_ALSO:
            ADD_NODE(a, SG_TIMES(d, 0.0));
            break;
        case SG_BULK:
            if (sg_bulk_pull(graph, &graph->bulks[a], adj) == SG_NO_MEMORY)
                return SG_NO_MEMORY;
            i = graph->bulks[a].first;
            next = adj[(int64_t)i - 1];
            break;
        default:
            __builtin_unreachable();
        }
    }
    return SG_DONE;
}
