"""Training: a recipe, labelled data, and one plain loop on `transformers.Trainer`."""
