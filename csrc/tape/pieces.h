/* Pieces of graphs: the record of what lies between some leaves and some results. pure/pieces.py has the same. Nothing
 * here closes a graph. */
#ifndef SG_PIECES_H
#define SG_PIECES_H
#include "tape/history.h"
#include "tape/map.h"

/* A root: a node, a leaf, or a number. A root that is a number has neither graph nor leaf. */
typedef struct {
    sg_graph *graph;
    void *leaf;
    uint32_t index;          /* in the graph */
    double number;
} sg_end;

/* What the nodes use beside the planted leaves: another leaf, or, with a graph, a node. */
typedef struct {
    void *leaf;
    sg_graph *graph;
    uint32_t index;
} sg_beside;

/* What a piece begins from. Planted leaves were made after the moment `since`: graphs that were closed before cannot
 * depend on them. `first_entry` says which node of a graph is the first that may stand for one, UINT32_MAX if none
 * does; `context` is for it. */
typedef struct {
    void *const *planted;
    uint32_t planted_count;
    uint64_t since;
    uint32_t (*first_entry)(const void *context, const sg_graph *graph);
    const void *context;
} sg_planting;

/* The record, without leaves and labels; then the leaves, which come after the planted ones. */
typedef struct {
    sg_record record;
    sg_beside *beside;
    uint32_t beside_count;
} sg_piece;

/* 0: no memory, and the piece is empty. The roots must be alive until the piece has been read. */
int sg_extract(const sg_planting *planting, const sg_end *roots, uint32_t root_count, sg_piece *piece);
/* The number of each planted leaf; of one that is planted twice, the first. 0: no memory. */
int sg_number_planted(const sg_planting *planting, sg_map *numbers);
void sg_piece_free(sg_piece *piece);

#endif
