"""The layers that transformers add to a network: embeddings, normalisation, attention, dropout."""
