"""Where a picture shows the scan: `evidence` of echoes without `bars`, an outline to `fit` to `parts`, the `finder`."""
