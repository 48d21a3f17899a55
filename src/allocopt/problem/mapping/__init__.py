"""Files of other programs as the tables of a problem: what a mapping says, and how it is done.

`shape` is what an entry may say and `file` reads it, with the line of every fault; `raw` reads files as they are;
`rows` makes rows of a table of them (with `spelling`, `where` and `formula`), `sums` one row of several, and `apply`
the tables of a problem. ``shipped`` holds the mappings that come with allocopt.

Codes of faults: ``unknown_mapping``, ``bad_formula``, ``bad_where``, ``bad_separator``, ``too_deep``,
``no_such_file``, ``no_such_sheet``, ``missing_column``, ``duplicate_column``, ``duplicate_key``, ``two_meanings``,
``sum_differs``, ``no_database``; those of the shape are those of contracts. Notes: ``left_out``, ``unjoined``,
``not_used``, ``stacked``.
"""
