"""Runs the models as DVC experiments, makes tables of what they score, and shows how the recipes were chosen."""
