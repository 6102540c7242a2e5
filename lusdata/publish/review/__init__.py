"""Reviewing a change of manifests: what `repository` says has changed, held against the rules, and told in Markdown."""
