"""What people see of a graph: drawings, and the chain rule told step by step."""
