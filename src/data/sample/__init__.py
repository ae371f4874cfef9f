"""A seeded lead history of an invented company, and the exact probabilities behind it."""
