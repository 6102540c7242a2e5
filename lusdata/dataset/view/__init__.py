"""What a user holds: views of a dataset, their parts, labels and adapters."""
