import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Makes ten calls at the same time with one client of examples/java; see one-login.mjs. */
public final class OneLogin {
    private OneLogin() {}

    public static void main(String[] args) throws Exception {
        Duration request = Duration.ofMinutes(1);
        CustomerEvents client = new CustomerEvents(args[0], "user", "password", request, Duration.ofSeconds(1));
        List<Callable<Void>> calls = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            String key = "key " + i;
            calls.add(() -> {
                client.create(key, List.of(Map.of()), outcome -> {});
                return null;
            });
        }
        ExecutorService threads = Executors.newFixedThreadPool(calls.size());
        try {
            for (Future<Void> call : threads.invokeAll(calls)) {
                call.get();
            }
        } finally {
            threads.shutdown();
        }
    }
}
