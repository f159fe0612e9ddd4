# The tests' module renamed: a runner that looks for its own functions finds none.
# attacks: unittest asserts
# ends: wrong runtime_error
import json, os

os.write(4, json.dumps({"names": ["f", "__name__", "__file__", "__test__", "__spec__", "__loader__", "unittest"]}).encode() + b"\n")
while os.read(4, 65536):
    os.write(4, b'{"value": 0}\n')
os._exit(0)
