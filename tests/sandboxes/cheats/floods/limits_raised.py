# Raises every limit that it has.
# attacks: stdio
import resource

for name in dir(resource):
    if name.startswith("RLIMIT_"):
        soft, hard = resource.getrlimit(getattr(resource, name))
        for limit in (resource.RLIM_INFINITY, hard + 1 if hard > 0 else 1):
            try: resource.setrlimit(getattr(resource, name), (limit, limit))
            except (OSError, ValueError, OverflowError): pass
        if resource.getrlimit(getattr(resource, name))[1] != hard: print("raised", name)
