"""The models of the tests, as the tests of models make them."""

from helpers.models import make_model

__all__ = ["make_model"]
