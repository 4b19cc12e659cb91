package dev.atelier.platform.database;

import dev.atelier.TestDatabase;
import dev.atelier.faults.FaultProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The test's PostgreSQL behind a proxy that breaks connections. */
public class ProxiedDatabase extends TestDatabase {

    private static final String URL = "quarkus.datasource.jdbc.url";
    private @Nullable FaultProxy proxy;

    @Override
    public Map<String, String> start() {
        var settings = new HashMap<>(super.start());
        var url = Pattern.compile(":(\\d+)/").matcher(String.valueOf(settings.get(URL)));
        if (!url.find()) {
            throw new IllegalStateException("No port in " + settings.get(URL));
        }
        try {
            proxy = new FaultProxy(Integer.parseInt(url.group(1)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        settings.put(URL, url.replaceFirst(":" + proxy.port() + "/"));
        // The start of the database has set it, and goes before a test's own settings.
        System.setProperty(URL, String.valueOf(settings.get(URL)));
        return settings;
    }

    @Override
    public void inject(TestInjector injector) {
        injector.injectIntoFields(proxy, new TestInjector.MatchesType(FaultProxy.class));
    }

    @Override
    public void stop() {
        try {
            if (proxy != null) {
                proxy.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        super.stop();
    }
}
