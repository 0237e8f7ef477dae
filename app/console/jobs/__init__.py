"""Pages of jobs: everybody's own with live progress, and for the operator all that waits and runs, without results."""
