"""Scenarios: their schema, how they are read, and the facts they may know."""
