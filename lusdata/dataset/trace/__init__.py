"""Where a row of a dataset comes from: the `row`, what came `since`, its file read `again`, all of it as a `trace`."""
