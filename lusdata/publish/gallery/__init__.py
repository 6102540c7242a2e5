"""A collection or a dataset as one offline page; `page` puts `panels` and pictures (`media`) together."""
