"""Every action in all footage: recognisers and detectors that stay, and what they find in videos without labels."""
