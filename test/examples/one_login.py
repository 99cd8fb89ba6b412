"""Makes ten calls at the same time with one client of examples/python; see one-login.mjs."""

import pathlib
import sys
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "examples" / "python"))
from customer_events import Client  # noqa: E402

client = Client(sys.argv[1], "user", "password", retry_timeout=1)
with ThreadPoolExecutor(10) as pool:
    for outcomes in pool.map(lambda i: list(client.create(f"key {i}", [{}])), range(10)):
        assert len(outcomes) == 1
