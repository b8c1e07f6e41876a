"""What would run again, and why, in words: `snakemake stale`."""
