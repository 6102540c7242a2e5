"""Holding a split against what makes scores look better than they are; `report` runs the checks."""
