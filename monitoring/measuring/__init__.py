"""From two summaries, tonight's and the reference's, to the findings of a night."""
