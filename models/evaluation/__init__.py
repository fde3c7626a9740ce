"""How good a model is: scores with intervals, calibration, error analysis, and the page that shows them."""
