"""The pure-Python backend: it defines what the C core must do, bit for bit."""
