"""What a model is: cleaning, tokens, windows, network, calibration, bundles, training, evaluation."""
