"""The rules of the linter, a module for each family; each takes a page and the facts of the project, and yields "
"findings.
"""
