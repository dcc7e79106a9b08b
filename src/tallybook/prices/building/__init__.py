"""Building a price book: public price data and our own curated files in, data files out.

Used by the maintainers' tool that makes the shipped book and by `tally price update`, which
makes a newer one from newer data packages; nothing else imports it. The packages are read as
data: their code is never run. The same inputs give the same bytes.
"""
