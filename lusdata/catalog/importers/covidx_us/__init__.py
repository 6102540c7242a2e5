"""COVIDx-US, from a checkout of the project, to manifests that stay with the user."""
