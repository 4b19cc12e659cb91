package dev.atelier;

import dev.atelier.platform.database.EmbeddedDatabase;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Map;

/** The portal's own PostgreSQL in a fresh folder, as a user's first start would make it. */
public class TestDatabase implements QuarkusTestResourceLifecycleManager {

    private static boolean stopsAtEnd;

    @Override
    public Map<String, String> start() {
        try {
            var data = Files.createTempDirectory("atelier-test");
            System.setProperty("atelier.data", data.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!stopsAtEnd) {
            stopsAtEnd = true;
            Runtime.getRuntime().addShutdownHook(new Thread(EmbeddedDatabase::stop));
        }
        EmbeddedDatabase.start();
        return Map.of(
                "quarkus.datasource.jdbc.url", System.getProperty("quarkus.datasource.jdbc.url"),
                "quarkus.datasource.username", System.getProperty("quarkus.datasource.username"),
                "quarkus.datasource.password", System.getProperty("quarkus.datasource.password"),
                "atelier.bootstrap-token", Administrator.TOKEN);
    }

    @Override
    public void stop() {}
}
