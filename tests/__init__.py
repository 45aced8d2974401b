"""Tests; a package, so that another of that name in the environment does not stand before it."""
