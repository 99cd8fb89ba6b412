import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import javax.net.ssl.SSLHandshakeException;

/**
 * A client of the customer events server. It needs Java 11 or later, and only its standard library. Threads
 * can share a client; they also share one login.
 *
 * <p>Copy this file into your program, without {@link #main} and what follows it. A program that has a JSON
 * library uses that one in place of the class Json.
 */
public final class CustomerEvents {
    /** The maximum number of events that the server accepts in one call. */
    static final int MAX_EVENTS_PER_CALL = 1000;

    /** The wait between two attempts, in milliseconds. It doubles from one attempt to the next. */
    private static final long MIN_WAIT = 250, MAX_WAIT = 30_000;

    private static final String LOGIN =
            "mutation ($input: LoginInput!) { login(input: $input) { token } }";

    private static final String CREATE =
            "mutation ($input: CreateWebCustomerEventsInput!) {"
                    + " createWebCustomerEvents(input: $input) {"
                    + " processedCustomerEventsSet { index requestUniqueIdentifier id number replayed }"
                    + " unprocessedCustomerEventsSet { index requestUniqueIdentifier retryable"
                    + " problems { path errorCode errorDescription } }"
                    + " summary { received processed replayed unprocessed } } }";

    private static final Set<String> RETRYABLE = Set.of("UNAVAILABLE", "OUTCOME_UNKNOWN", "RATE_LIMITED",
            "IDEMPOTENCY_KEY_IN_USE", "INTERNAL_SERVER_ERROR");

    private final URI endpoint;
    private final String username;
    private final String password;
    private final Duration requestTimeout;
    private final Duration retryTimeout;
    private final HttpClient http;
    private String token; // null before the first login

    /**
     * Makes a client of the server at a base address, such as https://events.example.com.
     *
     * @param requestTimeout limits one request. Keep it longer than the time for which the server itself
     *     retries a transaction, 30 seconds.
     * @param retryTimeout limits one call with its retries
     */
    public CustomerEvents(String server, String username, String password, Duration requestTimeout,
            Duration retryTimeout) {
        this.endpoint = URI.create(server + "/graphql");
        this.username = username;
        this.password = password;
        this.requestTimeout = requestTimeout;
        this.retryTimeout = retryTimeout;
        // It follows no redirects: the server has none, and another address must not receive the events.
        this.http = HttpClient.newBuilder().connectTimeout(requestTimeout).build();
    }

    /** Reports that events could not be sent. What is retryable, the client has already sent again. */
    public static final class CallException extends Exception {
        private static final long serialVersionUID = 1;

        /** The HTTP status, 0 without a response. */
        public final int status;
        /** The codes of all errors. docs/errors.md lists them. */
        public final List<String> codes;
        final boolean retryable;
        final long retryAfter; // milliseconds to wait before the next attempt

        CallException(String message, int status, List<String> codes, boolean retryable, long retryAfter) {
            super(message);
            this.status = status;
            this.codes = codes;
            this.retryable = retryable;
            this.retryAfter = retryAfter;
        }

        CallException(String message) {
            this(message, 0, List.of(), false, 0);
        }

        CallException with(String message) {
            CallException other = new CallException(message, status, codes, retryable, retryAfter);
            other.initCause(this);
            return other;
        }
    }

    /** The result of one call. Each of its events is in exactly one of the lists. */
    public static final class Outcome {
        /** The position of the call's first event in the batch, and the number of its events. */
        public final int first, count;
        /** The stored events: index (in the batch), requestUniqueIdentifier, id, number, replayed. */
        public final List<Map<String, Object>> processed = new ArrayList<>();
        /**
         * The events that are not stored: index (in the batch), requestUniqueIdentifier, retryable,
         * problems. An event that is retryable can be accepted later without a change: send it in another
         * batch with another key, at least 15 minutes later. The others must be corrected first.
         */
        public final List<Map<String, Object>> unprocessed = new ArrayList<>();
        /** The counts: received, processed, replayed, unprocessed. */
        public final Map<String, Object> summary;

        /** Checks that the response has every event of the call once. */
        Outcome(Map<String, Object> response, int first, int count) throws CallException {
            if (response == null) {
                throw new CallException("the response has no result and no error");
            }
            this.first = first;
            this.count = count;
            this.summary = Json.object(response.get("summary"));
            boolean[] seen = new boolean[count];
            add(response.get("processedCustomerEventsSet"), seen, processed);
            add(response.get("unprocessedCustomerEventsSet"), seen, unprocessed);
            int rows = processed.size() + unprocessed.size();
            if (rows != count) {
                throw new CallException("the response has " + rows + " of " + count + " events");
            }
        }

        private void add(Object rows, boolean[] seen, List<Map<String, Object>> list) throws CallException {
            for (Object each : Json.array(rows)) {
                Map<String, Object> row = Json.object(each);
                int index = ((Number) row.get("index")).intValue();
                if (index < 0 || index >= count || seen[index]) {
                    throw new CallException("the response has an event " + index + " too many");
                }
                seen[index] = true;
                row.put("index", first + index);
                list.add(row);
            }
        }
    }

    /**
     * Sends any number of events, one call after the other, and gives the outcome of each call to the
     * consumer as soon as it is known. It throws at the first call that fails.
     *
     * <p>To repeat the batch after an error or a crash, call create with the same key and the same events:
     * events that are stored already are not stored again, and are returned with replayed. Choose the key
     * before the first attempt and store it with the batch. It has at most 230 printable ASCII characters.
     */
    public void create(String key, List<Map<String, Object>> events, Consumer<Outcome> consumer)
            throws CallException, InterruptedException {
        for (int first = 0; first < events.size(); first += MAX_EVENTS_PER_CALL) {
            int end = Math.min(first + MAX_EVENTS_PER_CALL, events.size());
            createPart(key, first, events.subList(first, end), consumer);
        }
    }

    /** Sends one call. If its body is too large for the server or for a proxy, it sends the halves. */
    private void createPart(String key, int first, List<Map<String, Object>> part,
            Consumer<Outcome> consumer) throws CallException, InterruptedException {
        // The key of a call depends only on the batch and on the position of the events in it. So it is the
        // same when the call or the whole batch is sent again.
        Map<String, Object> input = new LinkedHashMap<>();
        input.put("idempotencyKey", key + "-" + first + "-" + part.size());
        input.put("webCustomerEventsSet", part);
        Outcome outcome;
        try {
            Map<String, Object> data = send(CREATE, input);
            outcome = new Outcome(Json.object(data.get("createWebCustomerEvents")), first, part.size());
        } catch (CallException e) {
            if (e.status != 413 || part.size() == 1) {
                int last = first + part.size();
                throw e.with("events " + (first + 1) + " to " + last + ": " + e.getMessage());
            }
            int half = part.size() / 2;
            createPart(key, first, part.subList(0, half), consumer);
            createPart(key, first + half, part.subList(half, part.size()), consumer);
            return;
        }
        consumer.accept(outcome);
    }

    /**
     * Sends a request until it succeeds, fails permanently, or the retryTimeout expires. Each retry sends
     * the same body again: with the same idempotency key, the server stores nothing twice.
     */
    private Map<String, Object> send(String query, Map<String, Object> input)
            throws CallException, InterruptedException {
        String body = body(query, input);
        long deadline = System.nanoTime() + retryTimeout.toNanos();
        for (long wait = MIN_WAIT;; wait = Math.min(2 * wait, MAX_WAIT)) {
            long next;
            try {
                return sendLoggedIn(body);
            } catch (CallException e) {
                if (!e.retryable) {
                    throw e;
                }
                // The jitter: clients that failed at the same time do not all send again at the same time.
                next = Math.max(wait, e.retryAfter);
                next += ThreadLocalRandom.current().nextLong(next / 2 + 1);
                if (System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(next) - deadline > 0) {
                    throw e.with(e.getMessage() + " (not sent again: the next attempt in " + next
                            + " ms would exceed the limit of " + retryTimeout.toMillis() + " ms)");
                }
            }
            Thread.sleep(next);
        }
    }

    /** Sends a request once. If the token has expired, it logs in and sends the request again. */
    private Map<String, Object> sendLoggedIn(String body) throws CallException, InterruptedException {
        String current = login(null);
        try {
            return post(current, body);
        } catch (CallException e) {
            if (!e.codes.contains("UNAUTHENTICATED")) {
                throw e;
            }
        }
        return post(login(current), body);
    }

    /**
     * Returns a token other than the expired one. It logs in only if no other thread has done so since the
     * token expired.
     */
    private synchronized String login(String expired) throws CallException, InterruptedException {
        if (token == null || token.equals(expired)) {
            Map<String, Object> input = Json.object("username", username, "password", password);
            token = (String) Json.object(post(null, body(LOGIN, input)).get("login")).get("token");
        }
        return token;
    }

    private static String body(String query, Map<String, Object> input) {
        return Json.write(Json.object("query", query, "variables", Json.object("input", input)));
    }

    /** Sends one request and returns the data of its response. */
    private Map<String, Object> post(String bearer, String body) throws CallException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(endpoint)
                .header("Content-Type", "application/json")
                .header("Accept", "application/graphql-response+json, application/json;q=0.9")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (bearer != null) {
            request.header("Authorization", "Bearer " + bearer);
        }
        HttpResponse<String> response = receive(request.build());
        long wait = parseRetryAfter(response.headers().firstValue("Retry-After").orElse(""));
        int status = response.statusCode();
        Map<String, Object> data;
        List<Object> errors;
        try {
            Map<String, Object> answer = Json.object(Json.parse(response.body()));
            data = Json.object(answer.get("data"));
            errors = answer.get("errors") == null ? List.of() : Json.array(answer.get("errors"));
            if (data == null && errors.isEmpty()) {
                throw new IllegalArgumentException("neither data nor errors");
            }
        } catch (IllegalArgumentException | ClassCastException e) {
            // A web page, for instance of a proxy that does not reach the server: the status decides.
            String text = response.body().substring(0, Math.min(200, response.body().length()));
            boolean retryable = status >= 500 || status == 408 || status == 429;
            String what = "HTTP status " + status + ", and the response is not GraphQL: " + Json.write(text);
            throw new CallException(what, status, List.of(), retryable, wait);
        }
        if (!errors.isEmpty()) {
            throw callException(status, errors, wait);
        }
        return data;
    }

    /** Waits for the whole response, for at most the requestTimeout. */
    private HttpResponse<String> receive(HttpRequest request) throws CallException, InterruptedException {
        // The timeout of HttpRequest does not include the body of the response.
        CompletableFuture<HttpResponse<String>> response = http.sendAsync(request, BodyHandlers.ofString());
        Throwable cause;
        try {
            return response.get(requestTimeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            cause = new IOException("no complete response within " + requestTimeout.toMillis() + " ms");
        } catch (ExecutionException e) {
            cause = e.getCause();
        } finally {
            response.cancel(true); // also closes the connection, since Java 16
        }
        // The server may have stored the events or not. A certificate that is not trusted is permanent.
        String what = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        boolean retryable = !(cause instanceof SSLHandshakeException);
        throw new CallException(endpoint + ": " + what, 0, List.of(), retryable, 0);
    }

    private static CallException callException(int status, List<Object> errors, long wait) {
        List<String> codes = new ArrayList<>();
        List<String> messages = new ArrayList<>();
        for (Object each : errors) {
            Map<String, Object> error = Json.object(each);
            Map<String, Object> extensions = Json.object(error.get("extensions"));
            String code = extensions == null ? "" : String.valueOf(extensions.get("code"));
            codes.add(code);
            messages.add(code + ": " + error.get("message"));
            // A gateway passes on the errors, but not the header.
            if (extensions != null && extensions.get("retryAfter") instanceof Number) {
                wait = Math.max(wait, (long) (1000 * ((Number) extensions.get("retryAfter")).doubleValue()));
            }
        }
        boolean retryable = codes.stream().anyMatch(RETRYABLE::contains);
        return new CallException(String.join("\n", messages), status, codes, retryable, wait);
    }

    /** Parses the header Retry-After, a number of seconds or a date, and returns milliseconds. */
    private static long parseRetryAfter(String header) {
        if (header.matches("[0-9]{1,9}")) {
            return 1000 * Long.parseLong(header);
        }
        try {
            ZonedDateTime at = ZonedDateTime.parse(header, DateTimeFormatter.RFC_1123_DATE_TIME);
            return Math.max(0, Duration.between(Instant.now(), at.toInstant()).toMillis());
        } catch (DateTimeParseException e) {
            return 0;
        }
    }

    /** Json reads and writes JSON: objects are maps, arrays are lists. */
    static final class Json {
        private final String text;
        private int at;

        private Json(String text) {
            this.text = text;
        }

        /** Makes an object of names and values. */
        static Map<String, Object> object(Object... namesAndValues) {
            Map<String, Object> object = new LinkedHashMap<>();
            for (int i = 0; i < namesAndValues.length; i += 2) {
                object.put((String) namesAndValues[i], namesAndValues[i + 1]);
            }
            return object;
        }

        @SuppressWarnings("unchecked")
        static Map<String, Object> object(Object value) {
            return (Map<String, Object>) value;
        }

        @SuppressWarnings("unchecked")
        static List<Object> array(Object value) {
            return (List<Object>) value;
        }

        static String write(Object value) {
            StringBuilder out = new StringBuilder();
            write(value, out);
            return out.toString();
        }

        private static void write(Object value, StringBuilder out) {
            if (value instanceof Map) {
                String separator = "{";
                for (Map.Entry<?, ?> member : ((Map<?, ?>) value).entrySet()) {
                    out.append(separator);
                    write(member.getKey(), out);
                    out.append(':');
                    write(member.getValue(), out);
                    separator = ",";
                }
                out.append(separator.equals("{") ? "{}" : "}");
            } else if (value instanceof Iterable) {
                out.append('[');
                for (Iterator<?> items = ((Iterable<?>) value).iterator(); items.hasNext();) {
                    write(items.next(), out);
                    out.append(items.hasNext() ? "," : "");
                }
                out.append(']');
            } else if (value == null || value instanceof Number || value instanceof Boolean) {
                out.append(value);
            } else {
                out.append('"');
                value.toString().chars().forEach(c -> {
                    if (c == '"' || c == '\\') {
                        out.append('\\').append((char) c);
                    } else if (c < ' ' || Character.isSurrogate((char) c)) {
                        out.append(String.format("\\u%04x", c));
                    } else {
                        out.append((char) c);
                    }
                });
                out.append('"');
            }
        }

        static Object parse(String text) {
            Json json = new Json(text);
            Object value = json.value();
            if (json.peek() != 0) {
                throw json.wrong();
            }
            return value;
        }

        private IllegalArgumentException wrong() {
            return new IllegalArgumentException("not JSON at character " + at);
        }

        /** Skips blanks, and returns the next character, 0 at the end. */
        private char peek() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            return at < text.length() ? text.charAt(at) : 0;
        }

        private boolean accept(char c) {
            boolean found = peek() == c;
            at += found ? 1 : 0;
            return found;
        }

        private void expect(char c) {
            if (!accept(c)) {
                throw wrong();
            }
        }

        private Object value() {
            switch (peek()) {
                case '{':
                    return members();
                case '[':
                    return items();
                case '"':
                    return string();
                default:
                    int begin = at;
                    while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) {
                        at++;
                    }
                    return literal(text.substring(begin, at));
            }
        }

        private Object literal(String literal) {
            switch (literal) {
                case "null":
                    return null;
                case "true":
                    return true;
                case "false":
                    return false;
                default:
                    return Double.valueOf(literal); // throws an IllegalArgumentException if it is no number
            }
        }

        private Map<String, Object> members() {
            Map<String, Object> members = new LinkedHashMap<>();
            expect('{');
            if (accept('}')) {
                return members;
            }
            do {
                peek();
                String name = string();
                expect(':');
                members.put(name, value());
            } while (accept(','));
            expect('}');
            return members;
        }

        private List<Object> items() {
            List<Object> items = new ArrayList<>();
            expect('[');
            if (accept(']')) {
                return items;
            }
            do {
                items.add(value());
            } while (accept(','));
            expect(']');
            return items;
        }

        private String string() {
            expect('"');
            StringBuilder string = new StringBuilder();
            while (at < text.length()) {
                char c = text.charAt(at++);
                if (c == '"') {
                    return string.toString();
                }
                if (c != '\\') {
                    string.append(c);
                    continue;
                }
                char escaped = at < text.length() ? text.charAt(at++) : 0;
                int simple = "\"\\/bfnrt".indexOf(escaped);
                if (simple >= 0) {
                    string.append("\"\\/\b\f\n\r\t".charAt(simple));
                } else if (escaped == 'u' && at + 4 <= text.length()) {
                    string.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
                    at += 4;
                } else {
                    throw wrong();
                }
            }
            throw wrong();
        }
    }

    /**
     * Sends a batch of 1007 events to a server with demo data, and sends it again, as after a crash:
     *
     * <pre>
     * java CustomerEvents.java [server [seconds of a request [seconds of a call with its retries]]]
     * </pre>
     */
    public static void main(String[] args) throws InterruptedException {
        CustomerEvents client = new CustomerEvents(
                args.length > 0 ? args[0] : "http://127.0.0.1:8080",
                "demo",
                "demo-password",
                Duration.ofMillis(args.length > 1 ? (long) (1000 * Double.parseDouble(args[1])) : 60_000),
                Duration.ofMillis(args.length > 2 ? (long) (1000 * Double.parseDouble(args[2])) : 300_000));
        // In a product, the key is stored with the batch before the first attempt. The reference is the
        // number of the order in the shop.
        String key = "example-java-" + UUID.randomUUID();
        List<Map<String, Object>> events = exampleEvents(key);
        try {
            for (int time = 0; time < 2; time++) {
                client.create(key, events, CustomerEvents::print);
            }
        } catch (CallException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    /**
     * Returns the four events of the Web API's documentation, an event with an access token, one with an
     * external reference, one with two problems, and 1000 page views.
     */
    private static List<Map<String, Object>> exampleEvents(String reference) {
        List<Map<String, Object>> events = new ArrayList<>(Arrays.asList(
                event("06", "ACR0000000020", "2016-06-22T15:00:00", "www.crm.com"),
                event("07", "ACR0000000077", "2016-06-22T15:05:02", "www.crm.com"),
                event("08", "ACR00045000", "2016-06-22T15:19:22", "www.crm.com"),
                event("09", "ACR00670040", "2016-06-22T15:15:42", "www.crm.com"),
                Json.object(
                        "requestUniqueIdentifier", "token",
                        "rewardsParticipantIdentifier", Json.object("accessTokenIdentifier",
                                Json.object("authenticationCode", "demo-authentication-code")),
                        "classificationIdentifier", Json.object("name", "Newsletter"),
                        "performedByUnitIdentifier", Json.object("alternativeCode", "webshop"),
                        "performedOn", Instant.now().toString(),
                        "website", "https://shop.example.com/newsletter"),
                event("reference", "ACR0000000020", "2016-06-22T17:15:42+02:00", "www.crm.com"),
                event("problems", "ACR00045000", "2016-06-22T15:15:42Z", "ftp://www.crm.com")));
        events.get(5).put("externalSystem", "shop");
        events.get(5).put("externalSystemReferenceNumber", reference);
        for (int i = 1; i <= 1000; i++) {
            String page = "https://shop.example.com/page/" + i;
            events.add(event("page " + i, "ACR0000000077", "2016-06-22T15:00:00Z", page));
        }
        return events;
    }

    private static Map<String, Object> event(String request, String account, String performedOn,
            String website) {
        return Json.object(
                "requestUniqueIdentifier", request,
                "accountsReceivableIdentifier", Json.object("number", account),
                "performedByUnitIdentifier", Json.object("name", "Admin Unit"),
                "performedOn", performedOn,
                "website", website);
    }

    /** Prints the events of a call other than the page views, and a summary. */
    private static void print(Outcome outcome) {
        for (Map<String, Object> row : outcome.processed) {
            String request = (String) row.get("requestUniqueIdentifier");
            if (!request.startsWith("page ")) {
                System.out.printf("%d %s processed: id %s, number %s, replayed %s%n",
                        (int) row.get("index") + 1, request, row.get("id"), row.get("number"),
                        row.get("replayed"));
            }
        }
        int later = 0;
        for (Map<String, Object> row : outcome.unprocessed) {
            Object request = row.get("requestUniqueIdentifier");
            boolean retryable = (boolean) row.get("retryable");
            later += retryable ? 1 : 0;
            for (Object each : Json.array(row.get("problems"))) {
                Map<String, Object> problem = Json.object(each);
                String path = Json.array(problem.get("path")).stream().map(String::valueOf)
                        .collect(Collectors.joining("."));
                System.out.printf("%d %s unprocessed%s: %s: %s: %s%n", (int) row.get("index") + 1,
                        request == null ? "?" : request, retryable ? ", send it again later" : "", path,
                        problem.get("errorCode"), problem.get("errorDescription"));
            }
        }
        Map<String, Object> summary = outcome.summary;
        System.out.printf("events %d to %d: %.0f processed, %.0f replayed, %.0f unprocessed,"
                + " %d to send again later%n", outcome.first + 1, outcome.first + outcome.count,
                summary.get("processed"), summary.get("replayed"), summary.get("unprocessed"), later);
    }
}
