package dev.atelier;

import dev.atelier.platform.database.EmbeddedDatabase;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.nio.file.Path;
import java.util.Map;

/** The portal's own PostgreSQL in a fresh folder, as a user's first start would make it. */
public class TestDatabase implements QuarkusTestResourceLifecycleManager {

    private static final Path DATA = Temporary.folder("atelier-test");
    private static boolean stopsAtEnd;

    @Override
    public Map<String, String> start() {
        // The database is kept from class to class, and with it what lies beside it.
        System.setProperty("atelier.data", DATA.toString());
        if (!stopsAtEnd) {
            stopsAtEnd = true;
            Temporary.endFirst(EmbeddedDatabase::stop);
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
