"""The cellar: what is true of knees, whoever asks. Standard library only."""
