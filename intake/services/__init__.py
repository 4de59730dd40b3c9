"""What the front door does: drafts kept, screens saved, forms submitted once."""
