"""Measures how fast the pipeline is, and how much memory it takes."""
