"""Public collections' metadata to manifests: one module or folder a collection, all of one form.

An importer has two halves. `read` takes the upstream files as text. `draft` decides, without pixels and without a
network: every upstream row becomes a draft of a manifest or a line that says why not, and every decision is noted.
The command pins the drafts to the files that are there and writes them together with the curation log.
"""
