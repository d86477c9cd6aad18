"""Transformations of graphs as data: the adjoint and the tangent of a record are records of the same rows."""
