"""Which files a developer runs after a change: for each source, the test files that are about it."""

from __future__ import annotations

# By stem of the source; the tests' names without `test_` and `.py`. A name may end with `*`.
GRAPH = ("graph*", "sweep_shapes", "links", "scratch", "lifetimes", "backends", "value", "copy", "size", "threads",
         "contexts", "breakage", "allocation", "product_rule", "records", "watch", "roll_over", "fork",
         "references")  # fmt: skip
TABLE = ("facts*", "table*", "docs", "digits", "backends", "product_rule", "many*", "value",
         "rows")  # fmt: skip
ARRAYS = ("arrays*", "blocks", "product_rule", "paths", "bulk_bits", "layers", "losses", "links",
          "lifetimes", "allocation")  # fmt: skip
NETWORKS = ("nn*", "batch_facts", "layers", "losses", "loss_facts", "initialiser_facts", "state_facts",
            "optim*", "saving*")  # fmt: skip
OPTIMISERS = ("optim*", "updates", "blocks", "arrays_references", "clip_facts", "nn*", "paths", "allocation")
TRANSFORMS = ("transform*", "custom*", "nn*", "testing*")
LEDGER = ("calculus*", "ledger*", "formulas")
DEMOS = ("demo*", "pictures", "datasets", "errors", "formulas")

CORE = (*GRAPH, "custom*", "transforms", "number_facts", "paths")
BULK = (*ARRAYS, "graph*", "threads", "size")
CHECKS = ("testing*", "witnesses", "strategies*", "ledger*", "calculus_a", "calculus_b*", "custom*")
HISTORY = ("copy", "records", "graph*", "links", "size", "breakage", "allocation", "backends", "arrays*")

# By path, without the suffix: of a file, or of a folder whose files have no entry of their own.
FOCUS: dict[str, tuple[str, ...]] = {
    "scalargrad/table": (*TABLE, "arrays*"),
    "scalargrad/pure": CORE,
    "scalargrad/pure/history": HISTORY,
    "scalargrad/pure/block": BULK,
    "scalargrad/pure/update": OPTIMISERS,
    "scalargrad/arrays": BULK,
    "scalargrad/arrays/data": ("object_arrays", "many*", "filled"),
    **dict.fromkeys(
        ("scalargrad/arrays/many", "scalargrad/arrays/reductions"),
        ("many*", "value", "facts*", "digits", "contexts", "breakage", "arrays*"),
    ),
    "scalargrad/nn": NETWORKS,
    "scalargrad/nn/saving": ("saving*", "state_facts", "nn*", "optim*"),
    "scalargrad/transforms": TRANSFORMS,
    "scalargrad/testing": CHECKS,
    "scalargrad/calculus": LEDGER,
    "scalargrad/ledger": LEDGER,
    "scalargrad/demos": DEMOS,
    **dict.fromkeys(("scalargrad/core", "scalargrad/value"), CORE),
    "scalargrad/losses": ("losses", "loss*", "layers", "calculus_d*"),
    "scalargrad/optim": (*OPTIMISERS, "schedules", "checkpoints"),
    "scalargrad/contexts": ("contexts*", "watch", "graph*", "transform*", "threads", "breakage"),
    "scalargrad/convert": ("value*", "breakage", "number_facts", "arrays*", "many*", "transform*"),
    "scalargrad/functions": ("rows", "many*", "value", "facts*", "digits", "contexts", "breakage"),
    "scalargrad/errors": ("errors", "value", "breakage", "transform*", "custom*", "arrays*", "saving*"),
    "scalargrad/moved": ("moved",),
    **dict.fromkeys(("scalargrad/datasets", "scalargrad/extras", "scalargrad/__main__"), DEMOS),
    "csrc": CORE,
    **dict.fromkeys(("csrc/table", "csrc/sweep/rules"), (*TABLE, "arrays*")),
    **dict.fromkeys(("csrc/tape/history", "csrc/python/records"), HISTORY),
    **dict.fromkeys(("csrc/kernels", "csrc/bulk", "csrc/arrays"), BULK),
    "csrc/arrays/found": TRANSFORMS,
    "csrc/arrays/update": OPTIMISERS,
    "csrc/build": ("table*", "paths"),
}  # fmt: skip


def focus(file: str) -> tuple[str, ...]:
    """The patterns of the test files that are about a source; all of them where nobody has said."""
    place = file.rsplit(".", 1)[0]
    while place and place not in FOCUS:
        place = place.rpartition("/")[0]
    return FOCUS.get(place, ("*",))
