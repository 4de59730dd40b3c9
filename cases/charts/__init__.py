"""Pictures drawn from numbers: plain Python in, SVG as text out."""
