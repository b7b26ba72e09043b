"""Runs: replicates, their tables, their record on disk, and how they are spread over machines."""
