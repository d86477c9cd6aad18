"""Colourings: which columns of a matrix one sweep can find together, by its pattern alone.

Both go through the vertices greedily, in time linear in the entries. They try some orders, and keep the fewest colours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

Lists = Sequence[Sequence[int]]  # by row, the columns of its entries, in order; or by vertex, its neighbours
Colours = list[int]


def apart(rows: Lists, count: int) -> Colours:
    """Colours of the columns 0 to count - 1, such that no row has two entries of one colour.

    >>> apart([[0, 1], [1, 2], [2, 3]], 4)
    [0, 1, 0, 1]
    """
    columns = transposed(rows, count)
    return _fewest(columns, lambda order: _apart(columns, len(rows), order))


def _apart(columns: Lists, count: int, order: Sequence[int]) -> Colours:
    colours, taken = [0] * len(columns), [0] * count  # by row, the colours that it has, as bits
    for column in order:
        used = 0
        for row in columns[column]:
            used |= taken[row]
        bit = ~used & (used + 1)
        for row in columns[column]:
            taken[row] |= bit
        colours[column] = bit.bit_length() - 1
    return colours


def star(neighbours: Lists) -> Colours:
    """A star colouring of a graph, without loops: neighbours differ, and no path of four vertices has two colours.

    So of each entry (i, j) of a symmetric matrix, j's colour comes once in row i, or i's colour once in row j. Source:
    Coleman and Moré, Estimation of sparse Hessian matrices and graph coloring problems, 1984; Gebremedhin, Tarafdar,
    Manne and Pothen, New acyclic and star coloring algorithms, 2007.

    >>> star([[1], [0, 2], [1, 3], [2, 4], [3]])
    [0, 1, 0, 2, 0]
    >>> star([[1, 2, 3], [0], [0], [0]])
    [0, 1, 1, 1]
    """
    return _fewest(neighbours, lambda order: _star(neighbours, order))


def _star(neighbours: Lists, order: Sequence[int]) -> Colours:
    n = len(neighbours)
    colours = [0] * n  # as bits; 0: not yet
    once, twice = [0] * n, [0] * n  # by vertex, the colours that its neighbours have, and that several of them have
    first: list[dict[int, int]] = [{} for _ in range(n)]  # by vertex and colour, the first neighbour of it
    locked = [0] * n  # by vertex v, the colours of its neighbours which have v's colour twice beside them
    for v in order:
        used, several = once[v], twice[v]
        for w in neighbours[v]:
            if colour := colours[w]:
                used |= locked[w] | once[w] if colour & several else locked[w]
        mine = colours[v] = ~used & (used + 1)
        for w in neighbours[v]:
            colour = colours[w]
            if once[w] & mine:
                locked[v] |= colour
                if not twice[w] & mine:
                    twice[w] |= mine
                    locked[first[w][mine]] |= colour
            else:
                once[w] |= mine
                first[w][mine] = v
            if colour & several:
                locked[w] |= mine
    return [colour.bit_length() - 1 for colour in colours]


def _fewest(lists: Lists, coloured: Callable[[Sequence[int]], Colours]) -> Colours:
    """The colouring that has the fewest colours, of those in some orders."""
    n = len(lists)
    best = coloured(range(n))
    for order in _orders(lists):
        if max(best, default=0) <= 1:
            break
        found = coloured(order)
        if max(found) < max(best):
            best = found
    return best


def _orders(lists: Lists) -> Iterator[Sequence[int]]:
    """The vertices in other orders than their own: those with many entries first."""
    sizes = list(map(len, lists))
    if sizes and min(sizes) < max(sizes):
        yield sorted(range(len(lists)), key=sizes.__getitem__, reverse=True)


def transposed(rows: Lists, count: int) -> list[list[int]]:
    """By column, the rows of its entries."""
    columns: list[list[int]] = [[] for _ in range(count)]
    for k, row in enumerate(rows):
        for column in row:
            columns[column].append(k)
    return columns
