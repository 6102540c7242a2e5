"""Where in a picture the scan lies: `evidence` of echoes, an outline to `fit` to it, and the `finder` over both."""
