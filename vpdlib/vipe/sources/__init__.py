"""Readers of published 3D pose data sets, each into `vpdlib.vipe.motions.Motion`; one module a data set."""
