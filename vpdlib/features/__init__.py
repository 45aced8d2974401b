"""Feature sets: descriptors of every frame with an athlete. A module for each kind that makes some; `poses` is for both
that are made of poses alone, joints and VIPE*. Another tool's descriptors are read by
:mod:`vpdlib.interchange.supplied`.
"""
