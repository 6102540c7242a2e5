"""What is frozen: making a release, its certificate and folds, and whether releases are still what they were."""
