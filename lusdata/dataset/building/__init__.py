"""From recordings to a dataset folder: the plan, clip files made by workers, and their assembling."""
