"""What leaves the ledger for others: calls one by one, the rows of a FOCUS file, a page for
browsers, the overview of a finance report, Parquet.

Which of them is asked for, and where it is written, is the command line's.
"""
