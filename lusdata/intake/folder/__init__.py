"""A user's own folder and tables of labels become a collection: read, understood, grouped, written.

In the order of the work: `files` lists the folder, `table` reads tables, `columns` and `values` say what their heads
and cells mean, `match` joins rows and files, `grouping` proposes who is one patient, `plan` puts it together for a
person to read, `crew` and `examine` look at the files, and `write` makes the collection.
"""
