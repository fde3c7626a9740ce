"""How metrics and verdicts are put into words, in both languages: for the page, the terminal and the alerts."""
