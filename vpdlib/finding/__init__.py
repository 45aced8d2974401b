"""Actions in footage that nobody labelled: which of its segments a person is to look at, and in which order.

A person labels the segments that teach most, the heads learn from them, and what is found the next time is better.
"""
