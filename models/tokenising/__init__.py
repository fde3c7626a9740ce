"""From a column of texts to token ids: a fast path for tokenizers of BERT's kind, and the library for the rest."""
