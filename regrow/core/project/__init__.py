"""What the parts of the main job know of a target: its files, its command lines, what it declares of itself.

It lies in core because the documentation analyser, the builder and the guardian all need it, and actors never import
one another. Everything here is pure but `folder_tree`, which lists a folder of the disk.
"""
