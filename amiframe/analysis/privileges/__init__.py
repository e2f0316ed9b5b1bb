"""What a manager account may do, what that allows, and the least account for a feature."""
