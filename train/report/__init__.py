"""One offline page with a run's tables and figures beside the paper's."""
