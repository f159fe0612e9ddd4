"""What runs in the box: the supervisor, the zygote and their children. The standard library alone, and no arrow out."""
