"""Looking at models: what two differ in, what a folder holds, whether one still answers as it did."""
