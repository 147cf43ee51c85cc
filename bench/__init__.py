"""Measurements: ratios against a floor in the same run, with the budgets beside them."""
