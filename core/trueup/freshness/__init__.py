"""Whether a local project is still true: would a build now give what is installed?"""
