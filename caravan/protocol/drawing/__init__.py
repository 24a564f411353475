"""A machine as a picture: what a reader may see of it, where boxes and arrows go, SVG and Mermaid."""
