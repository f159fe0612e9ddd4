# Hooks of the test runners among the names.
# attacks: unittest pytest
# ends: wrong runtime_error
# cpu_s: 10
import json, os

hooks = ["load_tests", "setUpModule", "setup_module", "pytest_plugins", "pytestmark", "pytest_generate_tests", "collect_ignore"]
os.write(4, json.dumps({"names": ["f", *hooks]}).encode() + b"\n")
while os.read(4, 65536):
    os.write(4, b'{"value": 0}\n')
os._exit(0)
