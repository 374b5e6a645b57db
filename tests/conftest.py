"""How many examples the property tests try: the same ones in every run, so that what passed once passes again.

`pytest --hypothesis-profile=search` looks for new ones, many more of them.
"""

from hypothesis import settings

settings.register_profile("same", derandomize=True, database=None, deadline=None, max_examples=100)
settings.register_profile("search", database=None, deadline=None, max_examples=5000)
settings.load_profile("same")
