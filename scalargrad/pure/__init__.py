"""The pure-Python backend: the definition of what the C core must do, bit for bit."""
