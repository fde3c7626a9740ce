"""How good a model is: figures with intervals, calibration, error analysis, and the page that shows them."""
