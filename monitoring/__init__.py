"""What watches the data plane: reads profiles and predictions, never raw text."""
