package dev.atelier.platform.doctor;

import java.io.IOException;
import java.nio.file.Path;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * What is examined.
 *
 * @param data the data folder
 * @param database null when it cannot be reached
 * @param deep whether to read everything instead of a sample
 * @param inUse whether a portal is running on it now
 */
public record Installation(Path data, @Nullable DataSource database, boolean deep, boolean inUse) {

    /** The database, for checks that need one; the database's own check says when it is away. */
    public DataSource needDatabase() {
        if (database == null) {
            throw new NoDatabase();
        }
        return database;
    }

    /** Settings of a feature, as the portal would read them. */
    public <T> T settings(Class<T> mapping) throws IOException {
        return Settings.read(mapping);
    }

    static final class NoDatabase extends RuntimeException {
        NoDatabase() {
            super("Not looked at: that needs the database.");
        }
    }
}
