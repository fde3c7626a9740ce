"""The drift metrics, one file for each or for a close family: all that is known about a metric stands in its file.

To add a metric, add a file here: its computation under `night_metric` (once for each night) or `count_metric` (for all
rows and for each slice), with its `MetricDefinition`. It is then measured, judged, configured and shown everywhere.
"""
