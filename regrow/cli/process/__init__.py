"""Where the process begins, and the last word that a machine hears of it. Light: loaded before all else."""
