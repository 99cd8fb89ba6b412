#!/usr/bin/env python3
"""A client of the customer events server. It needs Python 3.9 or later, and only its standard library.

Copy the class Client into your program, with the functions that it uses. Run as a script, it sends a batch
of 1007 events to a server with demo data, and sends it again, as after a crash:

    python3 customer_events.py [server [seconds of a request [seconds of a call with its retries]]]
"""

import http.client
import json
import random
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

# The server accepts at most so many events in one call.
MAX_EVENTS_PER_CALL = 1000

# The wait between two attempts, in seconds. It doubles from one attempt to the next.
MIN_WAIT, MAX_WAIT = 0.25, 30.0

# The codes of errors after which the same request can succeed later.
RETRYABLE = {
    "UNAVAILABLE",
    "OUTCOME_UNKNOWN",
    "RATE_LIMITED",
    "IDEMPOTENCY_KEY_IN_USE",
    "INTERNAL_SERVER_ERROR",
}

LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { token } }"

CREATE = """mutation ($input: CreateWebCustomerEventsInput!) {
  createWebCustomerEvents(input: $input) {
    processedCustomerEventsSet { index requestUniqueIdentifier id number replayed }
    unprocessedCustomerEventsSet {
      index requestUniqueIdentifier retryable problems { path errorCode errorDescription }
    }
    summary { received processed replayed unprocessed }
  }
}"""


class CallError(Exception):
    """Reports that events could not be sent. What is retryable, the client has already sent again."""

    def __init__(self, message, status=0, codes=(), retryable=False, retry_after=0.0):
        super().__init__(message)
        self.status = status  # the HTTP status, 0 without a response
        self.codes = codes  # the codes of all errors; docs/errors.md lists them
        self.retryable = retryable
        self.retry_after = retry_after  # seconds to wait before the next attempt


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the server has none, and another address must not receive the events."""

    def redirect_request(self, *args):
        return None


class Client:
    """Sends events to a server. Threads can share a client; they also share one login.

    request_timeout limits one request, in seconds. Keep it longer than the time for which the server itself
    retries a transaction, 30 seconds. retry_timeout limits one call with its retries.
    """

    def __init__(self, server, username, password, request_timeout=60.0, retry_timeout=300.0):
        self.endpoint = server + "/graphql"
        self.username, self.password = username, password
        self.request_timeout, self.retry_timeout = request_timeout, retry_timeout
        self._opener = urllib.request.build_opener(NoRedirects)
        self._lock = threading.Lock()
        self._token = None

    def create(self, key, events):
        """Sends any number of events, one call after the other, and yields the outcome of each call at once.

        It raises CallError at the first call that fails. The indexes of an outcome are those of the batch.

        To repeat the batch after an error or a crash, call create with the same key and the same events:
        events that are stored already are not stored again, and are returned with replayed. Choose the key
        before the first attempt and store it with the batch. It has at most 230 printable ASCII characters.

        An unprocessed event that is retryable can be accepted later without a change: send it in another
        batch with another key, at least 15 minutes later. The other unprocessed events must be corrected
        first.
        """
        for first in range(0, len(events), MAX_EVENTS_PER_CALL):
            yield from self._create_part(key, first, events[first : first + MAX_EVENTS_PER_CALL])

    def _create_part(self, key, first, part):
        """Sends one call. If its body is too large for the server or for a proxy, it sends the halves."""
        # The key of a call depends only on the batch and on the position of the events in it. So it is the
        # same when the call or the whole batch is sent again.
        call = {"idempotencyKey": f"{key}-{first}-{len(part)}", "webCustomerEventsSet": part}
        try:
            data = self._send(CREATE, {"input": call})
            outcome = complete(data["createWebCustomerEvents"], first, len(part))
        except CallError as error:
            if error.status == 413 and len(part) > 1:
                half = len(part) // 2
                yield from self._create_part(key, first, part[:half])
                yield from self._create_part(key, first + half, part[half:])
                return
            error.args = (f"events {first + 1} to {first + len(part)}: {error}",)
            raise
        yield outcome

    def _send(self, query, variables):
        """Sends a request until it succeeds, fails permanently, or retry_timeout expires.

        Each retry sends the same body again: with the same idempotency key, the server stores nothing twice.
        """
        deadline = time.monotonic() + self.retry_timeout
        wait = MIN_WAIT
        while True:
            try:
                return self._send_logged_in(query, variables)
            except CallError as error:
                if not error.retryable:
                    raise
                # The jitter: clients that failed at the same time do not all send again at the same time.
                pause = max(wait, error.retry_after) * random.uniform(1, 1.5)
                if time.monotonic() + pause > deadline:
                    limit = f"the limit of {self.retry_timeout:.0f} s"
                    why = f"not sent again: the next attempt in {pause:.1f} s would exceed {limit}"
                    error.args = (f"{error} ({why})",)
                    raise
            time.sleep(pause)
            wait = min(2 * wait, MAX_WAIT)

    def _send_logged_in(self, query, variables):
        """Sends a request once. If the token has expired, it logs in and sends the request again."""
        token = self._login(None)
        try:
            return self._post(token, query, variables)
        except CallError as error:
            if "UNAUTHENTICATED" not in error.codes:
                raise
        return self._post(self._login(token), query, variables)

    def _login(self, expired):
        """Returns a token other than the expired one. Logs in only if no other thread has done so."""
        with self._lock:
            if self._token == expired:
                credentials = {"username": self.username, "password": self.password}
                self._token = self._post(None, LOGIN, {"input": credentials})["login"]["token"]
            return self._token

    def _post(self, token, query, variables):
        """Sends one request and returns the data of its response."""
        request = urllib.request.Request(
            self.endpoint,
            json.dumps({"query": query, "variables": variables}).encode(),
            {
                "Content-Type": "application/json",
                "Accept": "application/graphql-response+json, application/json;q=0.9",
                **({"Authorization": f"Bearer {token}"} if token else {}),
            },
        )
        deadline = time.monotonic() + self.request_timeout
        try:
            try:
                response = self._opener.open(request, timeout=self.request_timeout)
            except urllib.error.HTTPError as error:
                response = error  # it is also the response
            with response:
                body = read(response, deadline)
        except (OSError, http.client.HTTPException) as error:
            # There is no response, or only a part of it: the server may have stored the events or not.
            cause = getattr(error, "reason", error)
            # A certificate that is not trusted is permanent.
            permanent = isinstance(cause, ssl.SSLCertVerificationError)
            message = f"{self.endpoint}: {cause or type(cause).__name__}"
            raise CallError(message, retryable=not permanent) from error

        status = response.status
        wait = parse_retry_after(response.headers.get("Retry-After", ""))
        try:
            answer = json.loads(body)
            data, errors = answer.get("data"), answer.get("errors") or []
            if not data and not errors:
                raise ValueError("neither data nor errors")
            codes = [error.get("extensions", {}).get("code", "") for error in errors]
        except (ValueError, AttributeError) as error:
            # A web page, for instance of a proxy that does not reach the server: the status decides.
            text = repr(body[:200].decode(errors="replace"))
            message = f"HTTP status {status}, and the response is not GraphQL: {text}"
            raise CallError(message, status, (), status >= 500 or status in (408, 429), wait) from error
        if errors:
            message = "\n".join(f"{code}: {error['message']}" for code, error in zip(codes, errors))
            # A gateway passes on the errors, but not the header.
            wait = max(wait, *(error.get("extensions", {}).get("retryAfter", 0) for error in errors))
            raise CallError(message, status, codes, not RETRYABLE.isdisjoint(codes), wait)
        return data


def read(response, deadline):
    """Reads a response until the deadline. The timeout of urllib limits only each single read."""
    chunks = []
    while True:
        if time.monotonic() > deadline:
            raise TimeoutError("the time limit of the request ended inside the response")
        chunk = response.read1(65536)
        if not chunk:
            break
        chunks.append(chunk)
    if response.length:  # read1 does not report a connection that was closed too early
        raise http.client.IncompleteRead(b"".join(chunks), response.length)
    return b"".join(chunks)


def parse_retry_after(header):
    """Parses the header Retry-After, a number of seconds or a date, and returns seconds."""
    if header.isdigit():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(timezone.utc)).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def complete(outcome, first, count):
    """Checks that the outcome has every event of the call once, and makes the indexes those of the batch."""
    if outcome is None:
        raise CallError("the response has no result and no error")
    rows = outcome["processedCustomerEventsSet"] + outcome["unprocessedCustomerEventsSet"]
    if sorted(row["index"] for row in rows) != list(range(count)):
        raise CallError(f"the response has {len(rows)} of {count} events, or other events than the call")
    for row in rows:
        row["index"] += first
    return {**outcome, "first": first, "count": count}


def example_events(reference):
    """Returns the four events of the Web API's documentation, an event with an access token, one with an
    external reference, one with two problems, and 1000 page views."""

    def event(request, account, performed_on, **more):
        return {
            "requestUniqueIdentifier": request,
            "accountsReceivableIdentifier": {"number": account},
            "performedByUnitIdentifier": {"name": "Admin Unit"},
            "performedOn": performed_on,
            "website": "www.crm.com",
            **more,
        }

    def page_view(i):
        page = f"https://shop.example.com/page/{i}"
        return event(f"page {i}", "ACR0000000077", "2016-06-22T15:00:00Z", website=page)

    return [
        event("06", "ACR0000000020", "2016-06-22T15:00:00"),
        event("07", "ACR0000000077", "2016-06-22T15:05:02"),
        event("08", "ACR00045000", "2016-06-22T15:19:22"),
        event("09", "ACR00670040", "2016-06-22T15:15:42"),
        {
            "requestUniqueIdentifier": "token",
            "rewardsParticipantIdentifier": {
                "accessTokenIdentifier": {"authenticationCode": "demo-authentication-code"},
            },
            "classificationIdentifier": {"name": "Newsletter"},
            "performedByUnitIdentifier": {"alternativeCode": "webshop"},
            "performedOn": datetime.now(timezone.utc).isoformat(),
            "website": "https://shop.example.com/newsletter",
        },
        event(
            "reference",
            "ACR0000000020",
            "2016-06-22T17:15:42+02:00",
            externalSystem="shop",
            externalSystemReferenceNumber=reference,
        ),
        event("problems", "ACR00045000", "2016-06-22T15:15:42Z", website="ftp://www.crm.com"),
        *(page_view(i) for i in range(1, 1001)),
    ]


def print_outcome(outcome):
    """Prints the events of a call other than the page views, and a summary."""
    for row in outcome["processedCustomerEventsSet"]:
        request, replayed = row["requestUniqueIdentifier"], str(row["replayed"]).lower()
        if not request.startswith("page "):
            identity = f"id {row['id']}, number {row['number']}"
            print(f"{row['index'] + 1} {request} processed: {identity}, replayed {replayed}")
    unprocessed = outcome["unprocessedCustomerEventsSet"]
    for row in unprocessed:
        request = row["requestUniqueIdentifier"] or "?"
        state = "unprocessed, send it again later" if row["retryable"] else "unprocessed"
        for problem in row["problems"]:
            what = f"{'.'.join(problem['path'])}: {problem['errorCode']}: {problem['errorDescription']}"
            print(f"{row['index'] + 1} {request} {state}: {what}")
    later = sum(row["retryable"] for row in unprocessed)
    names = ("processed", "replayed", "unprocessed")
    counts = ", ".join(f"{outcome['summary'][name]} {name}" for name in names)
    first, last = outcome["first"] + 1, outcome["first"] + outcome["count"]
    print(f"events {first} to {last}: {counts}, {later} to send again later")


def main(server="http://127.0.0.1:8080", *limits):
    client = Client(server, "demo", "demo-password", *(float(limit) for limit in limits))
    # In a product, the key is stored with the batch before the first attempt. The reference is the number of
    # the order in the shop.
    key = f"example-python-{uuid.uuid4()}"
    events = example_events(key)
    for _ in range(2):
        for outcome in client.create(key, events):
            print_outcome(outcome)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except CallError as error:
        sys.exit(str(error))
