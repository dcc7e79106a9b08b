"""The live terminal interface behind `tally top`: what is looked at (`look`), what stands there
(`sheet`, `overview`), and the widgets that draw it. Nothing is counted or priced here.

Textual is known to this package alone, and to no module of it that has no widget.
"""
