"""Parts of Value that need only the backend: its copies, and its view of the graph."""
