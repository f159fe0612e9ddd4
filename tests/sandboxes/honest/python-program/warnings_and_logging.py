# out: end
import logging, warnings

warnings.warn("careful")
logging.warning("careful")
print("end")
