"""Scoring dumps: one date, many dates, a challenger beside the champion."""
