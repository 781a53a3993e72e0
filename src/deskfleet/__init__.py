"""The way in: the command line and the compositions. The only package that imports every other."""
