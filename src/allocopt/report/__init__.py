"""What goes into a meeting as it is: pictures, pages and workbooks of plans, comparisons and retirements.

Everything here is told from the public tables of what it is about, so that it says the same of a plan that was read
from a file. Matplotlib, Jinja2 and XlsxWriter are imported here only, when something is asked for.
"""
