"""Which files a developer runs after a change: for each source, the test files that are about it."""

from __future__ import annotations

# By stem of the source; the tests' names without `test_` and `.py`. A name may end with `*`.
GRAPH = ("graph*", "backends", "value", "copy", "size", "threads", "contexts", "breakage", "allocation")
TABLE = ("facts*", "table", "digits", "backends", "product_rule", "many", "value")
ARRAYS = ("arrays*", "bulk_bits", "layers", "losses", "allocation")
NETWORKS = ("nn*", "layers", "losses", "loss_facts", "optim*", "saving*")
LEDGER = ("calculus*", "ledger*")

FOCUS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("ops", "evaluate", "libm", "table", "rules", "reductions", "reduce"), (*TABLE, "arrays*")),
    **dict.fromkeys(("tape", "sweep", "dense", "walk", "record", "node", "module", "operators", "memory", "core",
                     "scalargrad", "value"), GRAPH + ("custom", "transforms")),
    "history": ("copy", "graph*", "size", "breakage", "allocation", "backends", "arrays*"),
    **dict.fromkeys(("arrays", "block", "blocks", "bulk", "lanes", "multiply", "pull", "place", "folds", "arithmetic",
                     "elements", "layouts"), ARRAYS + ("graph*", "threads", "size")),
    **dict.fromkeys(("update", "updates", "optim"), ("optim*", "nn*", "arrays_paths", "allocation")),
    **dict.fromkeys(("nn", "modules", "layers", "initialisers"), NETWORKS),
    "losses": ("losses", "loss*", "layers", "calculus_d"),
    "saving": ("saving*", "nn*", "optim*"),
    **dict.fromkeys(("transforms", "trees", "nested", "custom"), ("transform*", "custom*", "nn*", "testing*")),
    "contexts": ("contexts*", "graph*", "transform*", "threads", "breakage"),
    "convert": ("value*", "breakage", "number*", "arrays*", "many", "transform*"),
    **dict.fromkeys(("functions", "many"), ("many", "value", "facts*", "digits", "contexts", "breakage")),
    "errors": ("value", "breakage", "transform*", "custom*", "arrays*", "saving*"),
    **dict.fromkeys(("testing", "complexstep", "differences", "strategies"), ("testing*", "strategies*", "ledger*",
                    "calculus_a", "calculus_b", "custom*")),
    **dict.fromkeys(("formulas", "ledger", "checks", "checks_networks", "compare"), LEDGER),
    **dict.fromkeys(("chain", "jacobians", "shapes", "elementary", "networks", "losses"), LEDGER),
    **dict.fromkeys(("iris", "moons", "digits", "confusion", "picture", "progress", "running", "datasets", "extras",
                     "__main__"), ("demos*", "datasets", "ledger*")),
    "build": ("table", "build*"),
}  # fmt: skip


def focus(file: str) -> tuple[str, ...]:
    """The patterns of the test files that are about a source; all of them where nobody has said."""
    stem = file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    if "/calculus/" in file:
        return LEDGER
    if "/demos/" in file:
        return ("demos*", "datasets")
    if stem == "losses":
        return ("losses", "loss*", "layers", "calculus_d")
    return FOCUS.get(stem, ("*",))
