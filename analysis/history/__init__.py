"""The model held against history: calibration, hindcasts, and a sealed forecast."""
