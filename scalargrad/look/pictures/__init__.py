"""Pictures of a graph: where boxes, edges and numbers go, and how they become SVG, PNG or graphviz's language."""
