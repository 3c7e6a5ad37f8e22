"""What changed: which stored questions answer otherwise at another time, row by row, and why.

Two graphs are compared: as known on two days, or as at two revisions of a Git repository, asked
about the same day, so that time itself does not show as change. Behind each row that differs stand
the statements of its witness that the other graph does not hold, or holds otherwise.
"""
