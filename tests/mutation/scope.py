"""Which files a developer runs after a change: for each source, the test files that are about it."""

from __future__ import annotations

# By stem of the source; the tests' names without `test_` and `.py`. A name may end with `*`.
GRAPH = ("graph*", "sweep_shapes", "links", "scratch", "lifetimes", "backends", "value", "copy", "size", "threads",
         "contexts", "breakage", "allocation", "product_rule", "records", "watch", "roll_over", "fork",
         "references")  # fmt: skip
TABLE = ("facts*", "table*", "digits", "backends", "product_rule", "many*", "value")
ARRAYS = ("arrays*", "blocks", "product_rule", "paths", "bulk_bits", "layers", "losses", "links",
          "lifetimes", "allocation")  # fmt: skip
NETWORKS = ("nn*", "batch_facts", "layers", "losses", "loss_facts", "initialiser_facts", "state_facts",
            "optim*", "saving*")  # fmt: skip
OPTIMISERS = ("optim*", "updates", "blocks", "arrays_references", "clip_facts", "nn*", "paths", "allocation")
TRANSFORMS = ("transform*", "custom*", "nn*", "testing*")
LEDGER = ("calculus*", "ledger*", "formulas")
DEMOS = ("demo*", "pictures", "datasets", "errors", "formulas")

FOCUS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("ops", "evaluate", "libm", "table", "rules", "reductions", "reduce"), (*TABLE, "arrays*")),
    **dict.fromkeys(("tape", "sweep", "dense", "walk", "record", "node", "module", "operators", "memory", "core",
                     "scalargrad", "value"), (*GRAPH, "custom*", "transforms", "number_facts", "paths")),
    "history": ("copy", "records", "graph*", "links", "size", "breakage", "allocation", "backends", "arrays*"),
    **dict.fromkeys(("arrays", "block", "blocks", "bulk", "lanes", "kernels", "multiply", "pull", "place", "folds",
                     "arithmetic", "elements", "layouts"), (*ARRAYS, "graph*", "threads", "size")),
    **dict.fromkeys(("update", "updates", "optim"), OPTIMISERS),
    **dict.fromkeys(("nn", "modules", "layers", "initialisers"), NETWORKS),
    "losses": ("losses", "loss*", "layers", "calculus_d"),
    "saving": ("saving*", "state_facts", "nn*", "optim*"),
    **dict.fromkeys(("transforms", "trees", "nested", "custom"), TRANSFORMS),
    "contexts": ("contexts*", "watch", "graph*", "transform*", "threads", "breakage"),
    "convert": ("value*", "breakage", "number_facts", "arrays*", "many*", "transform*"),
    **dict.fromkeys(("functions", "many"), ("many*", "value", "facts*", "digits", "contexts", "breakage")),
    "errors": ("errors", "value", "breakage", "transform*", "custom*", "arrays*", "saving*"),
    **dict.fromkeys(("testing", "complexstep", "differences", "strategies"), ("testing*", "witnesses", "strategies*",
                    "ledger*", "calculus_a", "calculus_b", "custom*")),
    "formulas": LEDGER,
    **dict.fromkeys(("datasets", "extras", "__main__"), DEMOS),
    "build": ("table*", "paths"),
}  # fmt: skip


def focus(file: str) -> tuple[str, ...]:
    """The patterns of the test files that are about a source; all of them where nobody has said."""
    stem = file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    if "/calculus/" in file:
        return LEDGER
    if "/demos/" in file:
        return DEMOS
    return FOCUS.get(stem, ("*",))
