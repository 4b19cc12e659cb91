package dev.atelier.platform.database;

import dev.atelier.platform.CannotStart;
import dev.atelier.platform.DataFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The database for a program beside the portal: the named one, the one of the portal that runs on
 * this data folder, or the folder's own, started for as long as the visit lasts.
 *
 * @param database null when there is none, or none that answers
 * @param inUse whether a portal is running on the data folder
 */
public record Visit(@Nullable DataSource database, boolean inUse, boolean started)
        implements AutoCloseable {

    /**
     * @throws CannotStart when the folder's own database does not start
     */
    public static Visit begin() {
        var inUse = DataFolder.isInUse();
        if (Database.isExternal()) {
            Database.pointAtExternal();
            return new Visit(answering(fromProperties()), inUse, false);
        }
        try {
            var port = EmbeddedDatabase.portInUse();
            if (inUse && port.isPresent()) {
                var own = new PGSimpleDataSource();
                own.setUrl("jdbc:postgresql://127.0.0.1:" + port.getAsInt() + "/postgres");
                own.setUser("postgres");
                own.setPassword(Files.readString(EmbeddedDatabase.passwordFile()).strip());
                return new Visit(answering(own), true, false);
            }
            if (inUse || !EmbeddedDatabase.exists()) {
                return new Visit(null, inUse, false);
            }
        } catch (IOException e) {
            throw new CannotStart("The database's folder cannot be read: " + e.getMessage(), e);
        }
        EmbeddedDatabase.start();
        return new Visit(fromProperties(), false, true);
    }

    private static PGSimpleDataSource fromProperties() {
        var named = new PGSimpleDataSource();
        named.setUrl(System.getProperty("quarkus.datasource.jdbc.url"));
        named.setUser(System.getProperty("quarkus.datasource.username"));
        named.setPassword(System.getProperty("quarkus.datasource.password"));
        named.setConnectTimeout(3);
        return named;
    }

    private static @Nullable DataSource answering(PGSimpleDataSource database) {
        try (var _ = database.getConnection()) {
            return database;
        } catch (SQLException e) {
            return null;
        }
    }

    @Override
    public void close() {
        if (started) {
            EmbeddedDatabase.stop();
        }
    }
}
