"""The live page: `waico ui`."""
