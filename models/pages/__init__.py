"""The frame of the small HTML pages: reports of evaluations, of the gate, of what labels bought."""
