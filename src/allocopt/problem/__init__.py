"""The facts of an allocation run: tables declared once, read, checked and encoded.

`schema` declares every table and column (a page of it: `declared`); `readers` (with `csv_file`, `workbook` and
`plain`) reads them into a `source`; `headers` says which row is the header and what its names mean (`wide`: periods
side by side; `date_text`: days as people write them); `tables` reads each column by its type (`columns` with
`amounts`, `labels`, `calendar`) and `checks` what only shows when columns or tables are seen together, with `totals`
for rows that are none of the table, `currencies` for money, `debts` for negative stock and `orders` for what all lines
of one have to say; `report` gathers the faults and notes; `oddities` warns; `encode` turns what is left into the
arrays of `facts`; `Problem` holds it all, unchangeable.

Codes of faults, which never change once released:

- tables and columns: ``missing_table``, ``unknown_table``, ``duplicate_table``, ``not_a_table``, ``no_header``,
  ``unknown_column``, ``missing_column``, ``duplicate_column``, ``total_row``, ``remark``
- files: ``no_such_path``, ``bad_file``, ``bad_encoding``, ``empty_file``, ``ragged``, ``unknown_form``,
  ``unknown_setting``, ``not_text``
- cells: ``blank``, ``formula_error``, ``not_a_number``, ``two_meanings``, ``mixed_currencies``, ``not_finite``,
  ``negative``, ``out_of_bounds``, ``not_whole``, ``number_too_large``, ``not_a_flag``, ``unknown_choice``
- ids: ``float_id``, ``not_an_id``, ``untidy_id``, ``reserved_id``, ``unknown_id``, ``duplicate_key``
- periods: ``mixed_periods``, ``date_without_periods``, ``date_outside_periods``, ``bad_periods``, ``bad_date``,
  ``bad_horizon``, ``beyond_horizon``
- amounts: ``fractional_units``, ``reserved_over_units``, ``min_over_units``
- orders: ``order_disagrees``
- warnings: ``ids_alike``, ``no_lane``, ``no_workload``, ``no_capacity``, ``nothing_usable``,
  ``expires_before_available``, ``expires_unsold``, ``expires_with_value``, ``no_supply``, ``committed_over_supply``,
  ``min_ship_over_units``, ``no_such_reference``
- notes of reading: ``read_table``, ``read_header``, ``read_amount``, ``read_choice``, ``title``, ``trimmed``,
  ``left_out``, ``utc``, ``debt``, ``header_again``, ``read_separator``, ``read_encoding``, ``read_text``, ``read_day``,
  ``read_wide``
"""

from __future__ import annotations

from allocopt.problem.packs import example, examples
from allocopt.problem.problem import Problem
from allocopt.problem.weeks import weeks

__all__ = [
    "Problem",
    "example",
    "examples",
    "weeks",
]
