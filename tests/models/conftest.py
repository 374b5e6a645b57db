"""Small models and random inputs for them."""

from helpers.models import make_model, queries, videos

__all__ = ["make_model", "queries", "videos"]
