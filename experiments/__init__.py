"""Runs of the models as DVC experiments, the tables of what they score, and how recipes were chosen."""
