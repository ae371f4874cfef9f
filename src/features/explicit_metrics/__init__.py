"""One room for each group of explicit metrics.

A room has a table ``METRICS`` and one function ``measure_<group>`` that returns a frame with
those columns, one row a lead in the order of the leads it was given. Rooms know nothing of each
other; what they share is in ``values`` (text, distinct values) and ``rules`` (lists of words).
"""
