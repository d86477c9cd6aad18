"""The demos of moving things: `lorenz` finds what an orbit was made with, `pendulum` what a Lagrangian makes."""
